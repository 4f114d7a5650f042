"""A list to call: numbers from the range kept for fiction, and some lines that no importer should take."""

from __future__ import annotations

import csv
import io
import random

# Area codes of the North American plan; 555-0100 to 555-0199 are nobody's in each of them.
_AREAS = (212, 213, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 801, 808, 907)
_FIRST = ("Ada", "Ben", "Cleo", "Dov", "Eva", "Finn", "Gia", "Hugo", "Ines", "Jon", "Kim", "Leo", "Mia", "Noor")
_LAST = ("Abel", "Brandt", "Castro", "Dunn", "Ekman", "Frost", "Gray", "Hale", "Iqbal", "Jansen", "Kato", "Lund")

BAD_LINES = (
    ("", "Nobody", "0"),  # no number
    ("not a number", "Wanda Word", "0"),
    ("+1 212", "Theo Short", "0"),
    ("+1 212 555 0123 4567 8901", "Lola Long", "0"),
    ("+999 1234567", "Zed Nowhere", "0"),  # no such country
)


def numbers(count: int, seed: int) -> list[str]:
    """`count` different E.164 numbers, at most 1,600."""
    every = [f"+1{area}55501{last:02}" for area in _AREAS for last in range(100)]
    if count > len(every):
        raise ValueError(f"{count} contacts: there are {len(every)} fictitious numbers")
    return random.Random(f"{seed}:contacts").sample(every, count)


def csv_file(count: int, seed: int, bad: int = len(BAD_LINES), duplicates: int = 3) -> bytes:
    """UTF-8 CSV with `count` good contacts and, scattered among them, `bad` lines and `duplicates`, which are written
    differently from the number they repeat."""
    rng = random.Random(f"{seed}:csv")
    good = numbers(count, seed)
    rows = [(number, f"{rng.choice(_FIRST)} {rng.choice(_LAST)}", str(rng.randrange(3))) for number in good]
    extra = [*BAD_LINES[:bad], *((_spaced(number), "Again", "0") for number in good[:duplicates])]
    for row in extra:  # behind the first lines, so that a duplicate comes after what it repeats
        rows.insert(rng.randrange(min(duplicates + 1, len(rows)), len(rows) + 1), row)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("number", "name", "priority"))
    writer.writerows(rows)
    return text.getvalue().encode()


def _spaced(number: str) -> str:
    return f"{number[:2]} ({number[2:5]}) {number[5:8]}-{number[8:]}"
