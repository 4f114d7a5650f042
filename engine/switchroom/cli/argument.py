"""Types of command-line arguments: each gives a value or tells argparse what was wrong."""

from __future__ import annotations

import argparse
from ipaddress import ip_address


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be seconds, above 0 and at most 86400")
    return value


def count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be a whole number, 1-1000000")
    return int(text)


def listen(text: str) -> tuple[str, int]:
    """HOST:PORT with an IP address; port 0 takes any free one."""
    host, separator, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ip_address(host)
    except ValueError:
        separator = ""
    if not separator or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be IP:PORT, as in 127.0.0.1:5080 (port 0: any free)")
    return host, int(port)


def ports(text: str) -> tuple[int, int]:
    """FIRST-LAST of a range of UDP ports."""
    first, _, last = text.partition("-")
    if not first.isdigit() or not last.isdigit() or not 1024 <= int(first) < int(last) <= 65_535:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be FIRST-LAST within 1024-65535, as in 30000-31999")
    return int(first), int(last)


def sip_uri(text: str) -> str:
    if not text.startswith("sip:") or len(text) < 6 or any(letter.isspace() for letter in text):
        raise argparse.ArgumentTypeError(f"found {text!r}; must be sip:USER@HOST[:PORT]")
    return text
