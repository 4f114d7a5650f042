"""Filling one campaign's hopper: contacts are leased, durably, ahead of need, and given back when nobody dials them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
import uuid_utils

from ..compliance.hours import Hours, may_call, next_opening_ms, prepare
from ..dialing.contact import zones_of
from ..dialing.hopper import Hopper, Lease
from ..errors import EngineError
from ..store import Committed
from ..store.attempts import AttemptRow, LeaseContacts, ReturnLeases
from ..store.contacts import ContactRow, DeferContacts, read_due
from .clock import now_ms

if TYPE_CHECKING:
    from .dialer import Dialer

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000


class Leases:
    """`hopper` holds what is leased and not dialed. `update()` when the calling hours in the settings change."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self.hopper = Hopper()
        self._hours: Hours = prepare(dialer.settings.calling_hours)

    def update(self) -> None:
        self._hours = prepare(self._dialer.settings.calling_hours)

    # ------------------------------------------------------------------- filling

    def fill(self) -> None:
        """Begin to lease more, if more are wanted."""
        dialer = self._dialer
        agents = len(dialer.desk.views(dialer.id))
        wanted = self.hopper.wanted(agents, now_ms()) if agents else 0
        if wanted > 0:
            self.hopper.filling = True
            dialer.start_task(self._lease(wanted))

    async def _lease(self, wanted: int) -> None:
        """Take contacts that are due, in calling hours, and lease them."""
        dialer, store = self._dialer, self._dialer.desk.store
        leases: list[Lease] = []
        try:
            at_ms = now_ms()
            rows = await store.query(read_due, dialer.id, at_ms, wanted)
            found = [(row, self._zones(row)) for row in rows]
            ready = [(row, zones) for row, zones in found if may_call(self._hours, zones, at_ms)]
            late = {row.id: self._opening_ms(zones, at_ms) for row, zones in found if (row, zones) not in ready}
            if late:
                await store.submit([DeferContacts(dialer.id, late)])
                wanted -= len(late)
            leases = await self._lease_rows(ready, at_ms)
        except EngineError as error:
            log.error("contacts_not_leased", campaign_id=dialer.id, error=str(error))
        self.hopper.filled(leases, max(1, wanted), now_ms())
        if dialer.campaign.state != "running" or dialer.desk.closing:
            self.return_all()
        elif leases:
            dialer.poke()

    async def _lease_rows(self, ready: list[tuple[ContactRow, tuple[str, ...]]], at_ms: int) -> list[Lease]:
        leases = [
            Lease(str(uuid_utils.uuid7()), row.id, row.number, row.attempts + 1, at_ms, zones) for row, zones in ready
        ]
        if not leases:
            return []
        rows = [
            AttemptRow(
                id=lease.attempt_id,
                campaign_id=self._dialer.id,
                contact_id=lease.contact_id,
                number=lease.number,
                ordinal=lease.ordinal,
                leased_at_ms=at_ms,
            )
            for lease in leases
        ]
        done = await self._dialer.desk.store.submit([LeaseContacts(rows)])
        taken = done.results[0]
        assert isinstance(taken, list)
        return [lease for lease, ok in zip(leases, taken, strict=True) if ok]

    def _zones(self, row: ContactRow) -> tuple[str, ...]:
        settings = self._dialer.settings
        if self._hours.always:
            return ()
        if settings.time_zone is not None:
            return (settings.time_zone,)
        return zones_of(row.number, settings.country)

    # -------------------------------------------------------------------- taking

    def next(self) -> Lease | None:
        """The next contact within its calling hours; others go back until theirs begin."""
        late: list[Lease] = []
        found = None
        at_ms = now_ms()
        while (lease := self.hopper.take()) is not None:
            if may_call(self._hours, lease.zones, at_ms):
                found = lease
                break
            late.append(lease)
        if late:
            self._defer(late, at_ms)
        return found

    def _defer(self, leases: list[Lease], at_ms: int) -> None:
        until = {lease.contact_id: self._opening_ms(lease.zones, at_ms) for lease in leases}
        returned = ReturnLeases([lease.attempt_id for lease in leases])
        self._dialer.commit([returned, DeferContacts(self._dialer.id, until)])

    def _opening_ms(self, zones: tuple[str, ...], at_ms: int) -> int:
        """When such a contact may be called; when never within days, look again in a day: settings may change."""
        opening = next_opening_ms(self._hours, zones, at_ms)
        return at_ms + DAY_MS if opening is None else opening

    def return_all(self) -> asyncio.Future[Committed] | None:
        """Return what was leased and not dialed to the queue."""
        leases = self.hopper.empty()
        return self._dialer.commit([ReturnLeases([lease.attempt_id for lease in leases])]) if leases else None
