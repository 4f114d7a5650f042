"""The list to call holds what it promises."""

from __future__ import annotations

import csv

import phonenumbers
import pytest

from switchroom.farm import contacts


def test_numbers_are_different_possible_and_fictitious() -> None:
    found = contacts.numbers(300, seed=1)
    assert len(set(found)) == 300
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(number)) for number in found)
    assert all("55501" in number for number in found)


def test_same_seed_gives_the_same_file() -> None:
    assert contacts.csv_file(50, seed=2) == contacts.csv_file(50, seed=2) != contacts.csv_file(50, seed=3)


def test_file_holds_the_good_the_bad_and_the_repeated_lines() -> None:
    rows = list(csv.DictReader(contacts.csv_file(50, seed=2).decode().splitlines()))
    assert len(rows) == 50 + len(contacts.BAD_LINES) + 3
    assert sum(row["name"] == "Again" for row in rows) == 3


def test_more_contacts_than_fiction_has_is_refused() -> None:
    with pytest.raises(ValueError, match="1600"):
        contacts.numbers(1601, seed=1)
