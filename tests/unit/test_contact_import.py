"""CSV import: what is accepted, what is rejected, at which line and why."""

from __future__ import annotations

import pytest

from switchroom.dialing.contact import (
    ContactDraft,
    ImportReader,
    Rejection,
    normalise,
    zones_of,
    zones_of_country,
)
from switchroom.errors import BadParams


def read(text: str | bytes, country: str = "US") -> list[ContactDraft | Rejection]:
    data = text.encode() if isinstance(text, str) else text
    return list(ImportReader(data, country))


def test_known_columns_are_taken_and_others_kept_as_fields() -> None:
    assert read("id,phone,name,priority,city\nk1, (212) 555-0123 ,Ann,5,Rome\n") == [
        ContactDraft(line=2, number="+12125550123", id="k1", name="Ann", priority=5, fields={"city": "Rome"})
    ]


def test_possible_number_of_an_unassigned_range_is_accepted() -> None:
    assert normalise("+15550100123", "US") == "+15550100123"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("12", "too short"),
        ("+1212555012345678", "too long"),
        ("+999 123456", "no such country code"),
        ("hello", "is not a telephone number"),
        ("+12125550123 ext. 5", "extension"),
        ("555-0123", "area code is missing"),
    ],
)
def test_bad_number_is_rejected_with_its_reason(number: str, reason: str) -> None:
    [rejected] = read(f"number\n{number}\n")
    assert isinstance(rejected, Rejection)
    assert (rejected.line, rejected.value) == (2, number)
    assert reason in rejected.reason


def test_national_number_is_read_for_the_campaigns_country() -> None:
    assert normalise("030 123456", "DE") == "+4930123456"


def test_line_in_another_encoding_is_rejected_and_the_rest_read() -> None:
    data = b"number,name\n+12125550123,Ann\n" + "+12125550124,Zoë\n".encode("latin-1") + b"+12125550125,Bob\n"
    first, second, third = read(data)
    assert isinstance(first, ContactDraft) and isinstance(third, ContactDraft)
    assert second == Rejection(3, "is not UTF-8")
    assert third.line == 4


def test_byte_order_mark_is_skipped() -> None:
    [draft] = read(b"\xef\xbb\xbfnumber\n+12125550123\n")
    assert isinstance(draft, ContactDraft)


def test_utf16_file_is_refused_with_advice() -> None:
    with pytest.raises(BadParams, match="save it as UTF-8"):
        read("number\n+12125550123\n".encode("utf-16"))


def test_duplicate_number_names_the_first_line() -> None:
    _, second = read("number\n+12125550123\n(212) 555-0123\n")
    assert second == Rejection(3, "same number as line 2", "(212) 555-0123", duplicate=True)


@pytest.mark.parametrize(("text", "found"), [("name,city\nAnn,Rome\n", "name, city"), ("number,phone\n", None)])
def test_header_without_a_number_column_is_refused(text: str, found: str | None) -> None:
    if found is None:
        assert read(text) == []
        return
    with pytest.raises(BadParams, match=found):
        read(text)


def test_empty_file_is_refused() -> None:
    with pytest.raises(BadParams, match="empty"):
        read("\n\n")


def test_bad_priority_is_rejected() -> None:
    first, second = read("number,priority\n+12125550123,high\n+12125550124,2000\n")
    assert isinstance(first, Rejection) and "whole number" in first.reason
    assert isinstance(second, Rejection) and "-1000 and 1000" in second.reason


def test_too_many_fields_and_an_empty_number_are_rejected() -> None:
    first, second = read("number,name\n+12125550123,Ann,what\n,Bob\n")
    assert isinstance(first, Rejection) and "header has 2" in first.reason
    assert second == Rejection(3, "number is empty")


def test_quoted_field_may_span_lines() -> None:
    first, second = read('number,note\n+12125550123,"one\ntwo"\n+12125550124,x\n')
    assert isinstance(first, ContactDraft) and first.fields == {"note": "one\ntwo"}
    assert isinstance(second, ContactDraft) and second.line == 4


def test_quote_never_closed_does_not_swallow_a_large_file() -> None:
    text = 'number,note\n+12125550123,"open\n' + "".join(f"+1212555{n:04d},x\n" for n in range(9_000))
    drafts = read(text)
    assert isinstance(drafts[0], Rejection)
    assert sum(isinstance(draft, ContactDraft) for draft in drafts) > 4_000


def test_semicolons_are_understood() -> None:
    [draft] = read("number;name\n+12125550123;Ann, the first\n")
    assert isinstance(draft, ContactDraft) and draft.name == "Ann, the first"


def test_windows_line_ends_are_understood() -> None:
    assert len(read("number\r\n+12125550123\r\n+12125550124\r\n")) == 2


def test_zone_comes_from_the_number_and_else_from_all_of_its_country() -> None:
    assert zones_of("+12125550123", "US") == ("America/New_York",)
    unknown = zones_of("+15550100123", "US")
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= set(unknown)
    assert "Pacific/Guam" not in unknown
    assert zones_of_country("XX") == ()
