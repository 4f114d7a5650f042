"""Quality of calls as the control socket, the CDR and the journal tell it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchroom import config, errors
from switchroom.core import Leg, QualityOptions
from switchroom.live.engine import _core_options
from switchroom.reporting import cdr
from switchroom.schema._base import ById
from switchroom.schema.call import Hangup, Originate
from tests.unit.live_office import office


def talk(leg: Leg) -> None:
    leg.answer()
    leg.tone(1000, level_dbm0=-16.0)


def say_nothing(leg: Leg) -> None:
    leg.answer()


async def test_a_call_ends_with_its_quality_in_the_cdr(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": talk}, quality=QualityOptions()) as o:
        info = await o.calls.originate(Originate(number="1"))
        call = o.calls.find(info.id)
        assert call is not None
        await call.leg.wait_answered()
        await call.leg.tone(500, level_dbm0=-30.0, total_ms=900)
        (leg,) = o.calls.stats(ById(id=info.id)).legs
        assert leg.quality is not None and leg.rx_packets > 20 and leg.codec == "PCMU"
        await o.calls.hangup(Hangup(id=info.id))
        (row,) = await o.rows()
        assert row.rx_mos_cent is not None and row.rx_mos_cent > 400 and row.rx_r_tenth is not None
        assert row.rx_level_cdbm0 == pytest.approx(-1600, abs=40) and row.tx_level_cdbm0 == pytest.approx(-3000, abs=40)
        assert (row.tx_mos_cent, row.one_way_ms, row.dead_air_ms, row.rx_clipped) == (None, 0, 0, 0)
        line = cdr.as_dict(row)
        assert line["rx_mos_cent"] == row.rx_mos_cent and "tx_jitter_us" in line
        with pytest.raises(errors.NotFound):
            o.calls.stats(ById(id=info.id))


async def test_a_crossed_limit_is_an_event_of_the_call_and_stays_in_its_record(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": say_nothing}, quality=QualityOptions(one_way_ms=400)) as o:
        info = await o.calls.originate(Originate(number="1"))
        call = o.calls.find(info.id)
        assert call is not None
        await call.leg.wait_answered()
        call.leg.tone(500)
        assert "call.quality" in await o.topics("call.quality")
        event = next(event for event in o.events if event.topic == "call.quality")
        assert event.call_id == info.id and event.data["leg_id"] == call.leg.id
        assert (event.data["alarm"], event.data["state"], event.data["reason"]) == ("one_way", "begin", "no_packets")
        await o.calls.hangup(Hangup(id=info.id))
        (row,) = await o.rows()
        assert row.one_way_ms >= 400 and row.rx_mos_cent is None


async def test_without_measuring_there_is_no_quality_and_no_error(tmp_path: Path) -> None:
    async with office(tmp_path, carriers={"one": talk}) as o:
        info = await o.calls.originate(Originate(number="1"))
        call = o.calls.find(info.id)
        assert call is not None
        async with asyncio.timeout(10):
            await call.leg.wait_answered()
        assert o.calls.stats(ById(id=info.id)).legs[0].quality is None
        await o.calls.hangup(Hangup(id=info.id))
        (row,) = await o.rows()
        assert row.rx_mos_cent is None and row.rx_level_cdbm0 is None


def test_the_configuration_reaches_the_core_or_switches_measuring_off() -> None:
    made = _core_options(config.parse("[quality]\nmos_min = 3.1\nlevels = false\n")).quality
    assert made is not None and made.as_c()["mos_cent"] == 310 and made.as_c()["levels"] is False
    assert _core_options(config.parse("[quality]\nenabled = false\n")).quality is None
    with pytest.raises(errors.ConfigError, match="mos_min"):
        config.parse("[quality]\nmos_min = 7\n")
