"""What is said, in the words of each language, where no oracle says it."""

from __future__ import annotations

import pytest

from switchroom import errors
from switchroom.prompts import LANGUAGES, fragments, language, render


def said(kind: str, value: object, code: str, currency: str = "EUR") -> str:
    return " ".join(fragments(code)[name] for name in render(kind, value, code, currency=currency))


@pytest.mark.parametrize(
    ("kind", "value", "texts"),
    [
        (
            "time",
            "21:01",
            ("nine oh one p m", "einundzwanzig Uhr eins", "vingt et une heures une", "veintiuna horas un minuto"),
        ),
        ("time", "00:30", ("twelve thirty a m", "null Uhr dreißig", "zéro heure trente", "cero horas treinta minutos")),
        ("time", "01:00", ("one a m", "ein Uhr", "une heure", "una hora")),
        (
            "date",
            "1905-05-01",
            (
                "May first nineteen oh five",
                "der erste Mai neunzehn hundert fünf",
                "le premier mai mille neuf cent cinq",
                "uno de mayo de mil novecientos cinco",
            ),
        ),
        (
            "duration",
            90061,
            (
                "one day one hour one minute one second",
                "ein Tag eine Stunde eine Minute eine Sekunde",
                "un jour une heure une minute une seconde",
                "un día una hora un minuto un segundo",
            ),
        ),
        ("duration", 0, ("zero seconds", "null Sekunden", "zéro secondes", "cero segundos")),
        ("digits", "+49 7*", ("plus four nine seven star",)),
        ("number", "-0.05", ("minus zero point zero five", "minus null Komma null fünf")),
        ("money", "-0.01", ("minus one cent", "minus ein Cent", "moins un centime", "menos un céntimo")),
        ("money", "1000000", ("one million euros", "eine Million Euro", "un million d'euros", "un millón de euros")),
        ("money", "101", ("one hundred and one euros", "ein hundert ein Euro", "cent un euros", "ciento un euros")),
        (
            "money",
            "221.01",
            (
                "two hundred and twenty-one euros and one cent",
                "zwei hundert einundzwanzig Euro und ein Cent",
                "deux cent vingt et un euros et un centime",
                "doscientos veintiún euros con un céntimo",
            ),
        ),
    ],
)
def test_is_said_as_people_say_it(kind: str, value: object, texts: tuple[str, ...]) -> None:
    for code, text in zip(LANGUAGES, texts, strict=False):
        assert said(kind, value, code) == text


def test_words_agree_with_what_is_counted() -> None:
    assert said("money", "221", "es", "GBP") == "doscientas veintiuna libras"
    assert said("money", "21.21", "fr", "GBP") == "vingt et une livres et vingt et un pence"
    assert said("money", "2.02", "es", "USD") == "dos dólares con dos centavos"
    assert said("duration", 21 * 3600, "es") == "veintiuna horas"
    assert said("duration", 61 * 60 * 24 * 60 + 60, "de").endswith("eine Minute")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "12,5"),
        ("number", "1e999999999"),
        ("number", 10**12),
        ("number", "nan"),
        ("ordinal", 0),
        ("ordinal", "1.5"),
        ("digits", "12a"),
        ("digits", ""),
        ("digits", "1" * 65),
        ("money", "1.001"),
        ("date", "2026-02-30"),
        ("time", "24:00"),
        ("duration", -1),
        ("word", "x"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(kind: str, value: object) -> None:
    with pytest.raises(errors.BadParams, match=str(kind)):
        render(kind, value, "en")


def test_languages_are_found_with_their_region_and_the_others_named() -> None:
    assert language("de-AT") is language("DE")
    with pytest.raises(errors.BadParams, match="en, de, fr, es"):
        language("tlh")
    with pytest.raises(errors.BadParams, match="EUR, USD"):
        render("money", 1, "en", currency="XTS")


@pytest.mark.parametrize("code", LANGUAGES)
def test_names_of_fragments_are_safe_file_names(code: str) -> None:
    for name, text in fragments(code).items():
        group, _, rest = name.partition("/")
        assert group.isalpha() and rest.replace("-", "").isalnum() and text
