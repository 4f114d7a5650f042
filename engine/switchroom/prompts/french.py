"""French of France: "soixante et onze", "quatre-vingts", "un million d'euros"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from .rules import Gender, Noun, month_texts, noun_texts, number_texts

_ONES = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
).split()
_TENS = "- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split()
_SCALES = ((10**9, "num/milliard"), (10**6, "num/million"))
_FEMININE = (1, 21, 31, 41, 51, 61, 81)


def _word(n: int) -> str:
    if n < 20:
        return _ONES[n]
    tens = _TENS[n // 10]
    rest = n % 10 + (10 if n // 10 in (7, 9) else 0)
    if n == 80:
        return "quatre-vingts"
    if rest == 0:
        return tens
    return f"{tens} et {_ONES[rest]}" if rest in (1, 11) and n < 80 else f"{tens}-{_ONES[rest]}"


def _ordinal_word(n: int) -> str:
    word = _word(n).removesuffix("s") if n == 80 else _word(n)
    if n == 1:
        return "premier"
    if word.endswith("cinq"):
        return word + "uième"
    if word.endswith("neuf"):
        return word[:-1] + "vième"
    return word.removesuffix("e") + "ième"


@lru_cache(3000)
def _below_thousand(n: int, gender: Gender) -> tuple[str, ...]:
    hundreds, rest = divmod(n, 100)
    out = (*((f"num/{hundreds}",) if hundreds > 1 else ()), "num/hundred") if hundreds else ()
    if rest or not hundreds:
        out += (f"num/{rest}{'f' if gender == 'f' and rest in _FEMININE else ''}",)
    return out


class French:
    code = "fr"
    nouns: ClassVar[Mapping[str, Noun]] = {
        "euro": Noun("euro", "euros", "m", "d'euros"),
        "cent": Noun("centime", "centimes"),
        "dollar": Noun("dollar", "dollars", "m", "de dollars"),
        "dollar-cent": Noun("cent", "cents"),
        "pound": Noun("livre", "livres", "f", "de livres"),
        "penny": Noun("penny", "pence"),
        "franc": Noun("franc", "francs", "m", "de francs"),
        "rappen": Noun("centime", "centimes"),
        "hour": Noun("heure", "heures", "f"),
        "minute": Noun("minute", "minutes", "f"),
        "second": Noun("seconde", "secondes", "f"),
        "day": Noun("jour", "jours"),
    }
    texts: ClassVar[Mapping[str, str]] = {
        **number_texts("num", {n: _word(n) for n in range(100)}),
        **{f"num/{n}f": f"{_word(n)}e" for n in _FEMININE},
        **number_texts("ord", {n: _ordinal_word(n) for n in range(100)}),
        "ord/1-last": "unième",
        "num/hundred": "cent",
        "num/thousand": "mille",
        "num/million": "million",
        "num/million-many": "millions",
        "num/milliard": "milliard",
        "num/milliard-many": "milliards",
        "ord/hundred": "centième",
        "ord/thousand": "millième",
        "ord/million": "millionième",
        "ord/milliard": "milliardième",
        "word/and": "et",
        "word/the": "le",
        "word/minus": "moins",
        "word/point": "virgule",
        "digit/plus": "plus",
        "digit/star": "étoile",
        "digit/hash": "dièse",
        **month_texts("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        **noun_texts(nouns),
    }

    def cardinal(self, n: int, gender: Gender = "") -> tuple[str, ...]:
        out: tuple[str, ...] = ()
        for size, name in _SCALES:
            if n >= size:
                many = n // size
                out += (*_below_thousand(many, "m"), name if many == 1 else f"{name}-many")
                n %= size
        thousands, rest = divmod(n, 1000)
        if thousands:
            out += (*(_below_thousand(thousands, "m") if thousands > 1 else ()), "num/thousand")
        return out + _below_thousand(rest, gender) if rest or not out else out

    def ordinal(self, n: int) -> tuple[str, ...]:
        *before, last = self.cardinal(n)
        if before and last == "num/1":
            return (*before, "ord/1-last")
        return (*before, "ord" + last.removeprefix("num").removesuffix("-many"))

    def year(self, n: int) -> tuple[str, ...]:
        return self.cardinal(n)

    def date(self, day: datetime.date) -> tuple[str, ...]:
        number = "ord/1" if day.day == 1 else f"num/{day.day}"
        return ("word/the", number, f"month/{day.month}", *self.year(day.year))

    def time(self, at: datetime.time) -> tuple[str, ...]:
        # "Zéro heure", "une heure", then the plural.
        hour = (*self.cardinal(at.hour, "f"), "unit/hour" if at.hour < 2 else "unit/hour-many")
        return (*hour, *self.cardinal(at.minute, "f")) if at.minute else hour
