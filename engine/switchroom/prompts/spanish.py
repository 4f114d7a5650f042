"""Spanish: "ciento veintiún mil", "doscientas libras", "un millón de euros"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from .rules import Gender, Noun, month_texts, noun_texts, number_texts

_ONES = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_TENS = "- - - treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = (
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos".split()
)
_ORDINALS = "- primero segundo tercero cuarto quinto sexto séptimo octavo noveno".split()
_ORDINAL_TENS = (
    "- décimo vigésimo trigésimo cuadragésimo quincuagésimo sexagésimo septuagésimo octogésimo nonagésimo".split()
)
_ORDINAL_HUNDREDS = (
    "- centésimo ducentésimo tricentésimo cuadrigentésimo quingentésimo sexcentésimo septingentésimo octigentésimo "
    "noningentésimo"
).split()


def _word(n: int) -> str:
    if n < 30:
        return _ONES[n]
    return _TENS[n // 10] + (f" y {_ONES[n % 10]}" if n % 10 else "")


def _short(n: int) -> str:
    """Before a masculine noun."""
    return "veintiún" if n == 21 else _word(n).removesuffix("o")


_WITH_ONE = tuple(n for n in range(1, 100) if n % 10 == 1 and n != 11)


@lru_cache(3000)
def _below_thousand(n: int, gender: Gender) -> tuple[str, ...]:
    hundreds, rest = divmod(n, 100)
    if n == 100:
        return ("num/100",)
    out: tuple[str, ...] = ()
    if hundreds:
        out = (f"num/{hundreds}00f" if gender == "f" and hundreds > 1 else f"num/{hundreds}00-and",)
    if rest or not hundreds:
        out += (f"num/{rest}{gender if rest in _WITH_ONE else ''}",)
    return out


@lru_cache(3000)
def _below_million(n: int, gender: Gender) -> tuple[str, ...]:
    thousands, rest = divmod(n, 1000)
    out: tuple[str, ...] = ()
    if thousands:
        # "veintiún mil": the thousand itself is masculine; only its hundreds agree with what is counted.
        out = (*(_below_thousand(thousands, "m") if thousands > 1 else ()), "num/thousand")
    return out + _below_thousand(rest, gender) if rest or not thousands else out


class Spanish:
    code = "es"
    nouns: ClassVar[Mapping[str, Noun]] = {
        "euro": Noun("euro", "euros", "m", "de euros"),
        "cent": Noun("céntimo", "céntimos"),
        "dollar": Noun("dólar", "dólares", "m", "de dólares"),
        "dollar-cent": Noun("centavo", "centavos"),
        "pound": Noun("libra", "libras", "f", "de libras"),
        "penny": Noun("penique", "peniques"),
        "franc": Noun("franco", "francos", "m", "de francos"),
        "rappen": Noun("céntimo", "céntimos"),
        "hour": Noun("hora", "horas", "f"),
        "minute": Noun("minuto", "minutos"),
        "second": Noun("segundo", "segundos"),
        "day": Noun("día", "días"),
    }
    texts: ClassVar[Mapping[str, str]] = {
        **number_texts("num", {n: _word(n) for n in range(100)}),
        **{f"num/{n}m": _short(n) for n in _WITH_ONE},
        **{f"num/{n}f": _word(n).removesuffix("o") + "a" for n in _WITH_ONE},
        "num/100": "cien",
        **{f"num/{n}00-and": _HUNDREDS[n] for n in range(1, 10)},
        **{f"num/{n}00f": _HUNDREDS[n].removesuffix("os") + "as" for n in range(2, 10)},
        "num/thousand": "mil",
        "num/million": "millón",
        "num/million-many": "millones",
        **number_texts("ord", {n: _ORDINALS[n] for n in range(1, 10)}),
        **number_texts("ord", {10 * n: _ORDINAL_TENS[n] for n in range(1, 10)}),
        **number_texts("ord", {100 * n: _ORDINAL_HUNDREDS[n] for n in range(1, 10)}),
        "ord/thousand": "milésimo",
        "ord/million": "millonésimo",
        "word/and": "con",
        "word/of": "de",
        "word/minus": "menos",
        "word/point": "coma",
        "digit/plus": "más",
        "digit/star": "asterisco",
        "digit/hash": "almohadilla",
        **month_texts("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        **noun_texts(nouns),
    }

    def cardinal(self, n: int, gender: Gender = "") -> tuple[str, ...]:
        millions, rest = divmod(n, 10**6)
        out: tuple[str, ...] = ()
        if millions:
            out = (*_below_million(millions, "m"), "num/million" if millions == 1 else "num/million-many")
        return out + _below_million(rest, gender) if rest or not millions else out

    def ordinal(self, n: int) -> tuple[str, ...]:
        """ "vigésimo primero". From a thousand on: the thousands as a number before "milésimo"."""
        out: tuple[str, ...] = ()
        for size, name in ((10**6, "ord/million"), (1000, "ord/thousand")):
            if n >= size:
                out += (*(self.cardinal(n // size, "m") if n // size > 1 else ()), name)
                n %= size
        parts = (n // 100 * 100, n % 100 // 10 * 10, n % 10)
        return out + tuple(f"ord/{part}" for part in parts if part)

    def year(self, n: int) -> tuple[str, ...]:
        return self.cardinal(n)

    def date(self, day: datetime.date) -> tuple[str, ...]:
        return (f"num/{day.day}", "word/of", f"month/{day.month}", "word/of", *self.year(day.year))

    def time(self, at: datetime.time) -> tuple[str, ...]:
        hour = (*self.cardinal(at.hour, "f"), "unit/hour" if at.hour == 1 else "unit/hour-many")
        if not at.minute:
            return hour
        return (*hour, *self.cardinal(at.minute, "m"), "unit/minute" if at.minute == 1 else "unit/minute-many")
