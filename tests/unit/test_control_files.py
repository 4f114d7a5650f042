"""Which files a session may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchroom.control.files import require_files
from switchroom.control.methods import METHODS
from switchroom.errors import Forbidden
from switchroom.schema.call import Hold, Originate, Play, PlayItem
from switchroom.schema.campaign import CampaignSettings, CreateCampaign
from switchroom.schema.contact import ImportContacts

OPERATOR, ADMIN = frozenset({"operator"}), frozenset({"admin"})


@pytest.mark.parametrize(
    "request_",
    [
        ImportContacts(campaign_id="c", path="/etc/passwd"),
        Play(id="k", file="/etc/passwd"),
        Play(id="k", items=(PlayItem(silence_ms=5), PlayItem(file="/etc/passwd"))),
        Hold(id="k", music=(PlayItem(file="/etc/passwd"),)),
        Originate(uri="sip:a@b", play="/etc/passwd"),
        CreateCampaign(name="c", settings=CampaignSettings(abandon_message="/etc/passwd")),
        CreateCampaign(name="c", settings=CampaignSettings(machine_message="/etc/passwd")),
    ],
)
def test_an_operator_names_no_file_outside_the_folders(request_: object, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match=r"control\.files"):
        require_files(request_, OPERATOR, (str(tmp_path),))
    require_files(request_, ADMIN, ())


def test_a_file_inside_is_allowed_and_a_link_out_of_it_is_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "lists", tmp_path / "secret.csv"
    inside.mkdir()
    outside.write_text("number\n")
    (inside / "link.csv").symlink_to(outside)
    require_files(ImportContacts(campaign_id="c", path=str(inside / "a.csv")), OPERATOR, (str(inside),))
    for name in ("link.csv", "../secret.csv"):
        with pytest.raises(Forbidden):
            require_files(ImportContacts(campaign_id="c", path=str(inside / name)), OPERATOR, (str(inside),))


def test_every_argument_that_looks_like_a_file_is_known() -> None:
    """A new method that takes a file must be added to files_of()."""
    known = {"call.originate": {"play"}, "call.play": {"file"}, "contact.import": {"path"}}
    for method in METHODS.values():
        names = set(method.params.__struct_fields__) if method.params is not None else set()
        assert names & {"file", "path", "play"} == known.get(method.name, set()), method.name
