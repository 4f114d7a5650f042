"""Call-progress tones of the world's telephone networks, from the table in tones.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import BadParams

KINDS = ("dial", "ringback", "busy", "congestion", "waiting", "info")


@dataclass(frozen=True, slots=True)
class ToneSegment:
    """Frequencies that sound together (none: a pause) for `ms` (0: for ever); the first, alone, may be modulated by
    `mod_hz`."""

    hz: tuple[int, ...]
    ms: int
    mod_hz: int = 0


_SEGMENT = re.compile(r"(?:-|(\d+(?:\+\d+){0,3})|(\d+)\*(\d+))(?::(\d+))?")


def parse(text: str) -> tuple[ToneSegment, ...]:
    """ "440+480:2000 -:4000": frequencies, "400*25": modulated, "-": a pause; milliseconds; all of it repeats."""
    segments = []
    for word in text.split():
        found = _SEGMENT.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} in tone {text!r}")
        plain, carrier, mod, ms = found.groups()
        hz = tuple(int(each) for each in plain.split("+")) if plain else (int(carrier),) if carrier else ()
        segments.append(ToneSegment(hz, int(ms or 0), int(mod or 0)))
    return tuple(segments)


@cache
def countries() -> Mapping[str, Mapping[str, tuple[ToneSegment, ...]]]:
    """ISO 3166 code, lower case: tones by kind."""
    table = tomllib.loads(files(__package__).joinpath("tones.toml").read_text("utf-8"))
    common = table.pop("common")
    found = {}
    for code, tones in table.items():
        tones.pop("name")
        found[code] = {kind: parse(text) for kind, text in {**common, **tones}.items()}
    return found


def tone(kind: str, country: str) -> tuple[ToneSegment, ...]:
    """BadParams names what there is."""
    tones = countries().get("gb" if country.lower() == "uk" else country.lower())
    if tones is None:
        raise BadParams(f"country {country!r}: there are tones of {', '.join(sorted(countries()))}", field="country")
    if kind not in tones:
        raise BadParams(f"tone {kind!r}: one of {', '.join(KINDS)} is allowed", field="tone")
    return tones[kind]
