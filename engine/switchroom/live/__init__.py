"""The shell around the policy: sockets, clocks, tasks."""

from __future__ import annotations

from .engine import Engine

__all__ = ["Engine"]
