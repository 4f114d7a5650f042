"""Contacts from a CSV file: rows to dial, and rejected lines with their reason.

A number is normalised to E.164 for the campaign's country. Accepted is what is *possible* (right length for its
country), not only what is *valid* (in an assigned range): ranges are assigned faster than metadata follows, and the
network says what does not exist (404, SIT) better than a table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import phonenumbers
from phonenumbers import timezone

from ..errors import BadParams

MAX_LINE = 65_536
_UNKNOWN_ZONE = "Etc/Unknown"
_NUMBER_COLUMNS = ("number", "phone")
_REASONS = {
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "no such country code",
    phonenumbers.ValidationResult.TOO_SHORT: "too short",
    phonenumbers.ValidationResult.TOO_LONG: "too long",
    phonenumbers.ValidationResult.INVALID_LENGTH: "wrong length",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "area code is missing",
}


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A line that can be dialed. `id` None: the importer makes one."""

    line: int
    number: str
    id: str | None = None
    name: str = ""
    priority: int = 0
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that cannot be dialed, and why. `duplicate`: its number stood in an earlier line."""

    line: int
    reason: str
    value: str = ""
    duplicate: bool = False


def normalise(number: str, country: str) -> str:
    """`number` in E.164 with a plus. Raises ValueError with the reason, fit for "number ...: reason"."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException as error:
        raise ValueError(_parse_reason(error)) from None
    if parsed.extension:
        raise ValueError("has an extension, which a dialer cannot dial")
    result = phonenumbers.is_possible_number_with_reason(parsed)
    if result != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError(_REASONS.get(result, "is not possible"))
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _parse_reason(error: phonenumbers.NumberParseException) -> str:
    kinds = phonenumbers.NumberParseException
    return {
        kinds.INVALID_COUNTRY_CODE: "no such country code",
        kinds.NOT_A_NUMBER: "is not a telephone number",
        kinds.TOO_SHORT_AFTER_IDD: "too short",
        kinds.TOO_SHORT_NSN: "too short",
        kinds.TOO_LONG: "too long",
    }.get(error.error_type, "is not a telephone number")


def zones_of(number: str, country: str) -> tuple[str, ...]:
    """IANA zones a number (E.164) may be in, from its prefix; if that says nothing, all zones of its country.

    `country` is the campaign's: it decides among countries that share a code, like those of +1.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return zones_of_country(country)
    if phonenumbers.is_valid_number(parsed):
        found = tuple(name for name in timezone.time_zones_for_number(parsed) if name != _UNKNOWN_ZONE)
        if found:
            return found
    code = parsed.country_code or 0
    if phonenumbers.country_code_for_region(country) == code:
        return zones_of_country(country)
    return zones_of_country(phonenumbers.region_code_for_country_code(code))


@lru_cache(maxsize=256)
def zones_of_country(country: str) -> tuple[str, ...]:
    """All zones of an ISO 3166 country, from tzdata's zone.tab; empty when it has none."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(row[2] for row in rows if row[0] == country)


def decode_lines(data: bytes) -> Iterator[tuple[int, str | None]]:
    """Lines of a CSV with their numbers from 1; None where a line is not UTF-8. A byte order mark is skipped."""
    body = data.removeprefix(b"\xef\xbb\xbf")
    for number, raw in enumerate(body.splitlines(), 1):
        try:
            yield number, raw.decode("utf-8")
        except UnicodeDecodeError:
            yield number, None


class ImportReader:
    """Reads one CSV. Iterate it: ContactDraft or Rejection per data line, in order. Empty lines are skipped."""

    def __init__(self, data: bytes, country: str) -> None:
        """Raises BadParams when there is no header, or no column of numbers in it."""
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise BadParams("the file is UTF-16; save it as UTF-8 (CSV UTF-8 in spreadsheets)", field="data")
        self._country = country
        self._lines = decode_lines(data)
        header = self._header()
        self._delimiter = _delimiter(header)
        self.columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=self._delimiter))]
        self._number_column = self._find_number()
        self._seen: dict[str, int] = {}

    def _header(self) -> str:
        for number, text in self._lines:
            if text is None:
                raise BadParams(f"line {number}: the header is not UTF-8; save the file as UTF-8", field="data")
            if text.strip():
                return text
        raise BadParams("the file is empty; the first line must name the columns, one of them number", field="data")

    def _find_number(self) -> int:
        for name in _NUMBER_COLUMNS:
            if self.columns.count(name) == 1:
                return self.columns.index(name)
        raise BadParams(
            f"no column number (or phone) in the header; found: {', '.join(self.columns) or 'nothing'}", field="data"
        )

    def __iter__(self) -> Iterator[ContactDraft | Rejection]:
        for line, text in self._records():
            if text is None:
                yield Rejection(line, "is not UTF-8")
            elif text.strip():
                yield self._parse(line, text)

    def _records(self) -> Iterator[tuple[int, str | None]]:
        """Lines, those joined that a quoted field spans; numbered by their first."""
        held, first = "", 0
        for line, text in self._lines:
            if text is None or len(held) > MAX_LINE:
                if held:
                    yield first, held
                    held = ""
                if text is None:
                    yield line, None
                    continue
            joined = f"{held}\n{text}" if held else text or ""
            first = first if held else line
            if joined.count('"') % 2:
                held = joined
            else:
                held = ""
                yield first, joined
        if held:
            yield first, held

    def _parse(self, line: int, text: str) -> ContactDraft | Rejection:
        try:
            cells = next(csv.reader(io.StringIO(text), delimiter=self._delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            return Rejection(line, f"is not CSV: {error}", text[:64])
        if len(cells) > len(self.columns):
            return Rejection(line, f"has {len(cells)} fields, the header has {len(self.columns)}", text[:64])
        values = dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))
        raw = cells[self._number_column].strip() if self._number_column < len(cells) else ""
        if not raw:
            return Rejection(line, "number is empty")
        try:
            number = normalise(raw, self._country)
            priority = _priority(values.get("priority", ""))
        except ValueError as error:
            return Rejection(line, str(error), raw[:64])
        if number in self._seen:
            return Rejection(line, f"same number as line {self._seen[number]}", raw[:64], duplicate=True)
        self._seen[number] = line
        return self._draft(line, number, priority, values)

    def _draft(self, line: int, number: str, priority: int, values: dict[str, str]) -> ContactDraft:
        known = {"id", "name", "priority", self.columns[self._number_column]}
        return ContactDraft(
            line=line,
            number=number,
            id=values.get("id") or None,
            name=values.get("name", ""),
            priority=priority,
            fields={key: value for key, value in values.items() if key and key not in known},
        )


def _delimiter(header: str) -> str:
    """Comma, unless the header has only semicolons or tabs (spreadsheets of some countries)."""
    if "," in header:
        return ","
    return ";" if ";" in header else "\t" if "\t" in header else ","


def _priority(text: str) -> int:
    if not text:
        return 0
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"priority {text!r} is not a whole number") from None
    if not -1000 <= value <= 1000:
        raise ValueError(f"priority {value} is not within -1000 and 1000")
    return value
