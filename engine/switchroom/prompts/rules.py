"""What a language must know to speak. A fragment is named "group/name"; `texts` says what its recording says."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

Gender = Literal["m", "f", ""]
"""What is counted, where that changes the number: one, twenty-one, hundreds. Empty: nothing, as in counting."""

LIMIT = 10**12
"""Numbers below it can be spoken."""

CURRENCIES: Mapping[str, tuple[str, str]] = {
    "EUR": ("euro", "cent"),
    "USD": ("dollar", "dollar-cent"),
    "GBP": ("pound", "penny"),
    "CHF": ("franc", "rappen"),
}
"""Fragment names of the unit and of its hundredth."""


@dataclass(frozen=True, slots=True)
class Noun:
    """Something that can be counted."""

    one: str
    many: str
    gender: Gender = "m"
    of: str = ""
    """Behind whole millions: "(un million) d'euros". Empty: as `many`."""


class Language(Protocol):
    code: str
    texts: ClassVar[Mapping[str, str]]
    nouns: ClassVar[Mapping[str, Noun]]

    def cardinal(self, n: int, gender: Gender = "") -> tuple[str, ...]: ...
    def ordinal(self, n: int) -> tuple[str, ...]: ...
    def year(self, n: int) -> tuple[str, ...]: ...
    def date(self, day: datetime.date) -> tuple[str, ...]: ...
    def time(self, at: datetime.time) -> tuple[str, ...]: ...


def count(lang: Language, n: int, noun: str) -> tuple[str, ...]:
    """A number of things: "one hour", "zwei Stunden"."""
    kind = lang.nouns[noun]
    if n == 1:
        return (*lang.cardinal(1, kind.gender), f"unit/{noun}")
    whole_millions = kind.of and n >= 10**6 and n % 10**6 == 0
    return (*lang.cardinal(n, kind.gender), f"unit/{noun}-{'of' if whole_millions else 'many'}")


def noun_texts(nouns: Mapping[str, Noun]) -> dict[str, str]:
    texts = {}
    for name, noun in nouns.items():
        texts[f"unit/{name}"], texts[f"unit/{name}-many"] = noun.one, noun.many
        if noun.of:
            texts[f"unit/{name}-of"] = noun.of
    return texts


def month_texts(names: str) -> dict[str, str]:
    return {f"month/{number}": name for number, name in enumerate(names.split(), 1)}


def number_texts(group: str, words: Mapping[int, str]) -> dict[str, str]:
    return {f"{group}/{number}": word for number, word in words.items()}
