"""Contacts of campaigns: imported, added while running, looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import uuid_utils

from ..dialing.contact import ContactDraft, ImportReader, Rejection, normalise
from ..errors import BadParams, NotFound
from ..schema.campaign import CampaignSettings
from ..schema.contact import (
    AddContact,
    ContactInfo,
    ContactPage,
    GetContact,
    ImportContacts,
    ImportResult,
    ListContacts,
    RejectedLine,
)
from ..store import EventDraft, Store
from ..store.contacts import ContactRow, InsertContact, InsertContacts, read_contacts, read_page
from .events import Events

CHUNK = 5_000
"""Contacts per transaction of an import: calls under way wait no longer than one of these."""
REJECTED_MAX = 1_000
FILE_MAX = 256 << 20
"""Bytes of one imported file; split what is larger."""


class Contacts:
    """`settings_of(campaign_id)` raises NotFound for a campaign that does not exist. `on_new(campaign_id)` hears that
    there is something to dial."""

    def __init__(
        self,
        store: Store,
        events: Events,
        settings_of: Callable[[str], CampaignSettings],
        on_new: Callable[[str], None],
    ) -> None:
        self._store = store
        self._events = events
        self._settings_of = settings_of
        self._on_new = on_new

    async def add(self, req: AddContact) -> ContactInfo:
        """One contact; dialed as soon as pacing allows. Raises BadParams, Exists, NotFound."""
        country = self._settings_of(req.campaign_id).country
        try:
            number = normalise(req.number, country)
        except ValueError as error:
            raise BadParams(f"number {req.number!r}: {error}", field="number") from error
        row = ContactRow(
            req.campaign_id,
            req.id or str(uuid_utils.uuid7()),
            number,
            name=req.name or "",
            priority=req.priority,
            fields=req.fields,
        )
        event = EventDraft("contact.added", {"contact_id": row.id}, campaign_id=req.campaign_id)
        await self._events.commit([InsertContact(row)], [event])
        self._on_new(req.campaign_id)
        return _info(row)

    async def import_(self, req: ImportContacts) -> ImportResult:
        """A CSV file, read in a thread and stored in chunks; events `contact.importing` tell how far it is."""
        country = self._settings_of(req.campaign_id).country
        if (req.path is None) == (req.data is None):
            raise BadParams("give path (a file on the server) or data (its bytes), one of them", field="path")
        data = req.data if req.data is not None else await asyncio.to_thread(_read, req.path or "")
        drafts, rejections = await asyncio.to_thread(_parse, data, country)
        accepted = duplicates = 0
        rejected = [RejectedLine(line=r.line, reason=r.reason, value=r.value) for r in rejections]
        for at in range(0, len(drafts), CHUNK):
            chunk = drafts[at : at + CHUNK]
            rows = [_row(req.campaign_id, draft) for draft in chunk]
            progress = {"done": at + len(chunk), "of": len(drafts)}
            event = EventDraft("contact.importing", progress, campaign_id=req.campaign_id)
            committed = await self._events.commit([InsertContacts(rows)], [event])
            inserted = committed.results[0]
            assert isinstance(inserted, list)
            for draft, done in zip(chunk, inserted, strict=True):
                if done:
                    accepted += 1
                else:
                    duplicates += 1
                    rejected.append(
                        RejectedLine(line=draft.line, reason="is in the campaign already", value=draft.number)
                    )
            self._on_new(req.campaign_id)
        duplicates += sum(r.duplicate for r in rejections)
        rejected.sort(key=lambda line: line.line)
        counts = {"accepted": accepted, "rejected": len(rejected), "duplicates": duplicates}
        self._events.publish("contact.imported", counts, campaign_id=req.campaign_id)
        return ImportResult(
            accepted=accepted,
            rejected_count=len(rejected),
            duplicates=duplicates,
            rejected=tuple(rejected[:REJECTED_MAX]),
        )

    async def get(self, req: GetContact) -> ContactInfo:
        rows = await self._store.query(read_contacts, req.id)
        for row in rows:
            if row.campaign_id == req.campaign_id:
                return _info(row)
        raise NotFound(f"campaign {req.campaign_id} has no contact {req.id}", id=req.id)

    async def list(self, req: ListContacts) -> ContactPage:
        """In order of import; `after` is the `next` of the page before."""
        self._settings_of(req.campaign_id)
        after = req.after or "0"
        if not after.isdigit() or len(after) > 18:
            raise BadParams(f"after {after!r}: give the next of the page before", field="after")
        rows = await self._store.query(read_page, req.campaign_id, int(after), req.limit + 1)
        page = rows[: req.limit]
        more = len(rows) > req.limit
        return ContactPage(items=tuple(_info(row) for row in page), next=str(page[-1].row) if more else None)


def _read(path: str) -> bytes:
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > FILE_MAX:
            raise BadParams(f"{path}: {size} bytes, at most {FILE_MAX} are imported at once; split it", field="path")
        return file.read_bytes()
    except OSError as error:
        raise BadParams(f"{path}: cannot be read: {error.strerror}", field="path") from error


def _parse(data: bytes, country: str) -> tuple[list[ContactDraft], list[Rejection]]:
    drafts: list[ContactDraft] = []
    rejections: list[Rejection] = []
    for item in ImportReader(data, country):
        if isinstance(item, ContactDraft):
            drafts.append(item)
        else:
            rejections.append(item)
    return drafts, rejections


def _row(campaign_id: str, draft: ContactDraft) -> ContactRow:
    return ContactRow(
        campaign_id,
        draft.id or str(uuid_utils.uuid7()),
        draft.number,
        name=draft.name,
        priority=draft.priority,
        fields=draft.fields,
    )


def _info(row: ContactRow) -> ContactInfo:
    return ContactInfo(
        id=row.id,
        campaign_id=row.campaign_id,
        number=row.number,
        name=row.name,
        state=row.state,
        priority=row.priority,
        attempts=row.attempts,
        last_disposition=row.last_disposition,
        next_attempt_at_ms=row.next_at_ms or None,
        fields=row.fields,
    )
