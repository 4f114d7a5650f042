"""What to say, as names of fragments."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..errors import BadParams
from .english import English
from .french import French
from .german import German
from .rules import CURRENCIES, LIMIT, Language, count
from .spanish import Spanish

LANGUAGES: Mapping[str, Language] = {each.code: each for each in (English(), German(), French(), Spanish())}

_DIGITS = {**{str(n): f"num/{n}" for n in range(10)}, "+": "digit/plus", "*": "digit/star", "#": "digit/hash"}
_IGNORED = frozenset(" -./()")
_DIGITS_MAX = 64


def language(code: str) -> Language:
    """Of "de" or "de-AT"."""
    found = LANGUAGES.get(code.lower().replace("_", "-").partition("-")[0])
    if found is None:
        raise BadParams(f"language {code!r}: there are rules for {', '.join(LANGUAGES)}", field="lang")
    return found


def fragments(code: str) -> Mapping[str, str]:
    """All that has to be recorded for a language: name and text."""
    return language(code).texts


def render(kind: str, value: Any, lang: str, *, currency: str = "EUR") -> tuple[str, ...]:
    """`kind`: number, ordinal, digits, money (in `currency`), date (YYYY-MM-DD), time (HH:MM), duration (seconds)."""
    rules = language(lang)
    if kind == "money":
        return _money(rules, value, currency)
    speak = _SPEAKERS.get(kind)
    if speak is None:
        raise BadParams(f"say.{kind}: one of {', '.join(KINDS)} is allowed", field="say")
    return speak(rules, value)


def _money(rules: Language, value: Any, currency: str) -> tuple[str, ...]:
    """ "12.50" EUR: "twelve euros and fifty cents"."""
    names = CURRENCIES.get(currency.upper())
    if names is None:
        raise BadParams(f"currency {currency!r}: there are words for {', '.join(CURRENCIES)}", field="currency")
    amount = _decimal(value, "money")
    hundredths = amount * 100
    if hundredths != int(hundredths):
        raise BadParams(f"money {value!r} has more than two places behind the point", field="money")
    units, rest = divmod(abs(int(hundredths)), 100)
    out: tuple[str, ...] = ("word/minus",) if amount < 0 else ()
    if units or not rest:
        out += count(rules, units, names[0])
    if rest:
        out += (*(("word/and",) if units else ()), *count(rules, rest, names[1]))
    return out


def _decimal(value: Any, field: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    # Checked before anything is computed: an exponent may promise a number of a million digits.
    if not number.is_finite() or number.adjusted() > 12 or int(number.as_tuple().exponent) < -12:
        raise BadParams(f"{field} {value!r} is no number that can be spoken", field=field)
    if abs(number) >= LIMIT:
        raise BadParams(f"{field} {value!r}: numbers below {LIMIT} can be spoken", field=field)
    return number


def _number(rules: Language, value: Any) -> tuple[str, ...]:
    number = _decimal(value, "number")
    out: tuple[str, ...] = ("word/minus",) if number < 0 else ()
    whole, _, places = f"{abs(number):f}".partition(".")
    out += rules.cardinal(int(whole))
    if places:
        out += ("word/point", *(f"num/{digit}" for digit in places))
    return out


def _ordinal(rules: Language, value: Any) -> tuple[str, ...]:
    number = _decimal(value, "ordinal")
    if number != int(number) or not 1 <= number < 10**9:
        raise BadParams(f"ordinal {value!r}: whole numbers from 1 to 999999999 can be spoken", field="ordinal")
    return rules.ordinal(int(number))


def _digits(rules: Language, value: Any) -> tuple[str, ...]:
    text = str(value)
    unknown = set(text) - _DIGITS.keys() - _IGNORED
    out = tuple(_DIGITS[each] for each in text if each in _DIGITS)
    if unknown or not out or len(text) > _DIGITS_MAX:
        raise BadParams(f"digits {text[:80]!r}: up to {_DIGITS_MAX} of 0-9 + * # can be spoken", field="digits")
    return out


def _date(rules: Language, value: Any) -> tuple[str, ...]:
    try:
        day = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))
    except ValueError:
        raise BadParams(f"date {value!r} is no date, as 2026-05-31 is", field="date") from None
    return rules.date(day)


def _time(rules: Language, value: Any) -> tuple[str, ...]:
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", str(value))
    if found is None:
        raise BadParams(f"time {value!r} is no time of day, as 15:30 is", field="time")
    return rules.time(datetime.time(int(found[1]), int(found[2])))


def _duration(rules: Language, value: Any) -> tuple[str, ...]:
    seconds = _decimal(value, "duration")
    if seconds != int(seconds) or not 0 <= seconds < 100_000_000:
        raise BadParams(f"duration {value!r}: whole seconds below 100000000 can be spoken", field="duration")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"), (rest, "second"))
    spoken = [count(rules, number, noun) for number, noun in parts if number] or [count(rules, 0, "second")]
    return tuple(name for part in spoken for name in part)


_SPEAKERS = {
    "number": _number,
    "ordinal": _ordinal,
    "digits": _digits,
    "date": _date,
    "time": _time,
    "duration": _duration,
}

KINDS = (*_SPEAKERS, "money")
