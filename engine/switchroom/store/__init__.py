"""The store: facts and the event journal in one SQLite file, one writer thread, group commit."""

from __future__ import annotations

from .journal import EventDraft
from .store import Committed, Store
from .writer import AnyWrite, Write

__all__ = ["AnyWrite", "Committed", "EventDraft", "Store", "Write"]
