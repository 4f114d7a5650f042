"""English: "one thousand, two hundred and thirty-four"; dates and hours as in America."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from .rules import Gender, Noun, month_texts, noun_texts, number_texts

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_SCALES = ((10**9, "num/billion"), (10**6, "num/million"), (10**3, "num/thousand"))


def _word(n: int) -> str:
    if n < 20:
        return _ONES[n]
    return _TENS[n // 10] + (f"-{_ONES[n % 10]}" if n % 10 else "")


def _ordinal_word(n: int) -> str:
    if n < 20:
        return _ORDINALS[n]
    return f"{_TENS[n // 10]}-{_ORDINALS[n % 10]}" if n % 10 else _TENS[n // 10][:-1] + "ieth"


@lru_cache(1000)
def _below_thousand(n: int) -> tuple[str, ...]:
    if n < 100:
        return (f"num/{n}",)
    head = (f"num/{n // 100}", "num/hundred")
    return (*head, "word/and", f"num/{n % 100}") if n % 100 else head


class English:
    code = "en"
    nouns: ClassVar[Mapping[str, Noun]] = {
        "euro": Noun("euro", "euros"),
        "cent": Noun("cent", "cents"),
        "dollar": Noun("dollar", "dollars"),
        "dollar-cent": Noun("cent", "cents"),
        "pound": Noun("pound", "pounds"),
        "penny": Noun("penny", "pence"),
        "franc": Noun("franc", "francs"),
        "rappen": Noun("rappen", "rappen"),
        "hour": Noun("hour", "hours"),
        "minute": Noun("minute", "minutes"),
        "second": Noun("second", "seconds"),
        "day": Noun("day", "days"),
    }
    texts: ClassVar[Mapping[str, str]] = {
        **number_texts("num", {n: _word(n) for n in range(100)}),
        **number_texts("ord", {n: _ordinal_word(n) for n in range(100)}),
        **{f"num/{name}": name for name in ("hundred", "thousand", "million", "billion")},
        **{f"ord/{name}": f"{name}th" for name in ("hundred", "thousand", "million", "billion")},
        "word/and": "and",
        "word/minus": "minus",
        "word/point": "point",
        "word/oh": "oh",
        "time/am": "a m",
        "time/pm": "p m",
        "digit/plus": "plus",
        "digit/star": "star",
        "digit/hash": "pound",
        **month_texts("January February March April May June July August September October November December"),
        **noun_texts(nouns),
    }

    def cardinal(self, n: int, gender: Gender = "") -> tuple[str, ...]:
        if n < 1000:
            return _below_thousand(n)
        out: tuple[str, ...] = ()
        for size, name in _SCALES:
            if n >= size:
                out += (*_below_thousand(n // size), name)
                n %= size
        if n:
            out += (*(("word/and",) if n < 100 else ()), *_below_thousand(n))
        return out

    def ordinal(self, n: int) -> tuple[str, ...]:
        *before, last = self.cardinal(n)
        return (*before, "ord" + last.removeprefix("num"))

    def year(self, n: int) -> tuple[str, ...]:
        century, rest = divmod(n, 100)
        if not 1000 <= n < 10000 or (century % 10 == 0 and rest < 10):
            return self.cardinal(n)
        if rest == 0:
            return (f"num/{century}", "num/hundred")
        return (f"num/{century}", *(("word/oh",) if rest < 10 else ()), f"num/{rest}")

    def date(self, day: datetime.date) -> tuple[str, ...]:
        return (f"month/{day.month}", f"ord/{day.day}", *self.year(day.year))

    def time(self, at: datetime.time) -> tuple[str, ...]:
        half = "time/pm" if at.hour >= 12 else "time/am"
        if at.minute == 0:
            return (f"num/{at.hour % 12 or 12}", half)
        minutes = (f"num/{at.minute}",) if at.minute >= 10 else ("word/oh", f"num/{at.minute}")
        return (f"num/{at.hour % 12 or 12}", *minutes, half)
