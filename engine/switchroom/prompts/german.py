"""German: "einhundertdreiundzwanzigtausendvierhundertsechsundfünfzig"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from .rules import Gender, Noun, month_texts, noun_texts, number_texts

_ONES = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
).split()
_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_IRREGULAR = {1: "erste", 3: "dritte", 7: "siebte", 8: "achte"}
_MILLIONS = ((10**9, "num/milliard"), (10**6, "num/million"))


def _word(n: int) -> str:
    if n < 20:
        return _ONES[n]
    ones = "ein" if n % 10 == 1 else _ONES[n % 10]
    return (f"{ones}und" if n % 10 else "") + _TENS[n // 10]


def _ordinal_word(n: int) -> str:
    return _IRREGULAR.get(n) or _word(n) + ("te" if n < 20 else "ste")


@lru_cache(2000)
def _below_thousand(n: int, one: str) -> tuple[str, ...]:
    """`one`: what a final "eins" becomes."""
    hundreds, rest = divmod(n, 100)
    out: tuple[str, ...] = (f"num/{hundreds}" if hundreds > 1 else "num/1m", "num/hundred") if hundreds else ()
    if rest or not hundreds:
        out += (one if rest == 1 else f"num/{rest}",)
    return out


@lru_cache(2000)
def _below_million(n: int, one: str) -> tuple[str, ...]:
    thousands, rest = divmod(n, 1000)
    out: tuple[str, ...] = (*_below_thousand(thousands, "num/1m"), "num/thousand") if thousands else ()
    return out + _below_thousand(rest, one) if rest or not thousands else out


class German:
    code = "de"
    nouns: ClassVar[Mapping[str, Noun]] = {
        "euro": Noun("Euro", "Euro"),
        "cent": Noun("Cent", "Cent"),
        "dollar": Noun("Dollar", "Dollar"),
        "dollar-cent": Noun("Cent", "Cent"),
        "pound": Noun("Pfund", "Pfund"),
        "penny": Noun("Penny", "Pence"),
        "franc": Noun("Franken", "Franken"),
        "rappen": Noun("Rappen", "Rappen"),
        "hour": Noun("Stunde", "Stunden", "f"),
        "minute": Noun("Minute", "Minuten", "f"),
        "second": Noun("Sekunde", "Sekunden", "f"),
        "day": Noun("Tag", "Tage"),
    }
    texts: ClassVar[Mapping[str, str]] = {
        **number_texts("num", {n: _word(n) for n in range(100)}),
        **number_texts("ord", {n: _ordinal_word(n) for n in range(100)}),
        "num/1m": "ein",
        "num/1f": "eine",
        "num/hundred": "hundert",
        "num/thousand": "tausend",
        "num/million": "Million",
        "num/million-many": "Millionen",
        "num/milliard": "Milliarde",
        "num/milliard-many": "Milliarden",
        "ord/hundred": "hundertste",
        "ord/thousand": "tausendste",
        "ord/million": "millionste",
        "ord/milliard": "milliardste",
        "word/and": "und",
        "word/the": "der",
        "word/minus": "minus",
        "word/point": "Komma",
        "time/clock": "Uhr",
        "digit/plus": "plus",
        "digit/star": "Stern",
        "digit/hash": "Raute",
        **month_texts("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        **noun_texts(nouns),
    }

    def cardinal(self, n: int, gender: Gender = "") -> tuple[str, ...]:
        out: tuple[str, ...] = ()
        one = f"num/1{gender}"
        for size, name in _MILLIONS:
            if n >= size:
                many = n // size
                out += (*_below_thousand(many, "num/1f"), name if many == 1 else f"{name}-many")
                n %= size
        return out + _below_million(n, one) if n or not out else out

    def ordinal(self, n: int) -> tuple[str, ...]:
        *before, last = self.cardinal(n)
        return (*before, "ord" + last.removeprefix("num").removesuffix("-many"))

    def year(self, n: int) -> tuple[str, ...]:
        century, rest = divmod(n, 100)
        if not 1100 <= n < 2000:
            return self.cardinal(n)
        return (f"num/{century}", "num/hundred", *((f"num/{rest}",) if rest else ()))

    def date(self, day: datetime.date) -> tuple[str, ...]:
        return ("word/the", f"ord/{day.day}", f"month/{day.month}", *self.year(day.year))

    def time(self, at: datetime.time) -> tuple[str, ...]:
        hour = (*self.cardinal(at.hour, "m"), "time/clock")
        return (*hour, f"num/{at.minute}") if at.minute else hour
