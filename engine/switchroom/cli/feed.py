"""Feeding the live view from a running daemon."""

from __future__ import annotations

import asyncio

import msgspec

from ..client import AsyncClient
from ..schema.campaign import CampaignStats
from ..schema.event import Event
from .board import Board

PERIOD_S = 0.5


class Feed:
    """Keeps a Board up to date. `campaign_id` None: whichever runs, else the latest."""

    def __init__(self, client: AsyncClient, board: Board, campaign_id: str | None = None) -> None:
        self._client = client
        self._board = board
        self._campaign_id = campaign_id

    async def run(self) -> None:
        """Until cancelled or the daemon is gone (EngineError, OSError)."""
        samples = asyncio.ensure_future(self._samples())
        try:
            while True:
                await self.once()
                await asyncio.wait((samples,), timeout=PERIOD_S)
        finally:
            samples.cancel()
            await asyncio.gather(samples, return_exceptions=True)

    async def once(self) -> None:
        """Ask for everything that is shown."""
        self._board.on_engine(await self._client.engine.stats())
        campaign_id = self._campaign_id or await self._running()
        if campaign_id is not None:
            self._board.on_campaign(await self._client.campaign.stats(id=campaign_id))
        after: str | None = None
        while True:
            page = await self._client.agent.list(limit=1000, after=after)
            for agent in page.items:
                self._board.on_agent(agent)
            if (after := page.next) is None:
                return

    async def _running(self) -> str | None:
        items = (await self._client.campaign.list(limit=1000)).items
        running = [item for item in items if item.state == "running"] or sorted(items, key=lambda i: i.created_at_ms)
        return running[-1].id if running else None

    async def _samples(self) -> None:
        """Between two questions: each pacing decision as it is sampled."""
        async for event in await self._client.subscribe(["campaign.stats"]):
            self._on_sample(event)

    def _on_sample(self, event: Event) -> None:
        if self._board.campaign is not None and event.campaign_id == self._board.campaign.id:
            self._board.on_campaign(msgspec.convert(event.data, CampaignStats))
