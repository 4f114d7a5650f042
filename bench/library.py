"""Programs of csrc/bench_*.c: built by the same Makefile as the library."""

from __future__ import annotations

import subprocess

from . import daemon


def build(name: str) -> str:
    """Path of the built program."""
    target = f"../build/c/plain/bench_{name}"
    subprocess.run(["make", "-s", "-C", "csrc", "BUILD=../build/c", target], cwd=daemon.ROOT, check=True)
    return str(daemon.ROOT / f"build/c/plain/bench_{name}")


def output(name: str, *arguments: str) -> str:
    """What it prints."""
    command = [build(name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout
