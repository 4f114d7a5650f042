"""Call detail records: one line per ended call, as JSON Lines and as CSV. Columns are those of the store's CallRow."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields

import msgspec

from ..store.calls import CallRow

COLUMNS = tuple("from" if f.name == "from_" else "to" if f.name == "to_" else f.name for f in fields(CallRow))


def as_dict(row: CallRow) -> dict[str, object]:
    """A CDR by column name; instants are ms since 1970 UTC."""
    values = asdict(row)
    return dict(zip(COLUMNS, values.values(), strict=True))


def json_line(row: CallRow) -> bytes:
    """One line, newline included."""
    return msgspec.json.encode(as_dict(row)) + b"\n"


def csv_header() -> bytes:
    return (",".join(COLUMNS) + "\n").encode()


def csv_line(row: CallRow) -> bytes:
    """One line, newline included; an absent value is empty. RFC 4180 quoting.

    A text that a spreadsheet would take for a formula is led by an apostrophe: caller ids come from strangers.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(_cell(value) for value in as_dict(row).values())
    return out.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return "'" + value
    return value
