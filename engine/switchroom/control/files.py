"""Which files of the server a session may name. What it names is read and played, and bad lines of a CSV come back:
without a limit, whoever may import contacts could read anything the engine can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import Forbidden
from ..schema.call import Hold, Originate, Play
from ..schema.campaign import CreateCampaign, UpdateCampaign
from ..schema.contact import ImportContacts


def files_of(params: Any) -> Iterator[tuple[str, str]]:
    """(argument, file) for each file that a request names."""
    named: dict[str, str | None] = {}
    if isinstance(params, Originate):
        named = {"play": params.play}
    elif isinstance(params, Play):
        named = {"file": params.file} | {f"items[{i}].file": item.file for i, item in enumerate(params.items)}
    elif isinstance(params, Hold):
        named = {f"music[{i}].file": item.file for i, item in enumerate(params.music)}
    elif isinstance(params, ImportContacts):
        named = {"path": params.path}
    elif isinstance(params, CreateCampaign | UpdateCampaign):
        settings = params.settings
        named = {"abandon_message": settings.abandon_message, "machine_message": settings.machine_message}
    yield from ((field, file) for field, file in named.items() if file is not None)


def require_files(params: Any, roles: frozenset[str], folders: tuple[str, ...]) -> None:
    """Raises Forbidden for a file outside `folders`, links followed. Admins may name any: they own the machine."""
    if "admin" in roles:
        return
    for field, file in files_of(params):
        path = Path(file).resolve()
        if not any(path.is_relative_to(Path(folder).resolve()) for folder in folders):
            allowed = ", ".join(folders) or "none"
            raise Forbidden(
                f"{field} {file!r}: is in no folder of control.files ({allowed}); ask for it to be added there, or "
                "put the file into one of them",
                field=field,
            )
