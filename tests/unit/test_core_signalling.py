"""Legs over real sockets: answers, refusals, hang-ups, holds, and what a program sees of them."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from pathlib import Path

import pytest
import uvloop

from switchroom import errors
from switchroom.core import Core, CoreOptions, Leg, LegEvent, LegEventKind, LegState
from tests.conftest import free_port_range
from tests.unit.core_pair import Heard, Pair, start_pair

K = LegEventKind


async def test_call_is_answered_and_ends_on_both_sides(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    heard = Heard(ours)
    assert (theirs.from_user, theirs.ruri_user, theirs.direction) == ("alice", "bob", "in")
    theirs.ring()
    await ours.wait_ringing()
    assert ours.state is LegState.EARLY
    theirs.answer()
    await ours.wait_answered()
    assert ours.codec == theirs.codec == "PCMU"
    assert ours.sip_call_id == theirs.sip_call_id != ""
    ours.hangup()
    there = await theirs.wait_ended()
    here = await ours.wait_ended()
    assert (there.status, there.q850, there.side) == (0, 16, "remote")
    assert (here.status, here.q850, here.side) == (0, 16, "local")
    await ours.wait_closed()
    assert [kind for kind in heard.kinds if kind is not K.LATCHED] == [K.RINGING, K.ANSWERED, K.ENDED, K.CLOSED]
    assert ours.ringing_at and ours.answered_at and ours.ended_at
    assert ours.created_at <= ours.ringing_at <= ours.answered_at <= ours.ended_at


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (486, errors.CallBusy),
        (600, errors.CallBusy),
        (603, errors.Declined),
        (403, errors.Declined),
        (480, errors.NoAnswer),
        (404, errors.Unreachable),
        (503, errors.Unreachable),
        (488, errors.NoMedia),
        (420, errors.CallFailed),
    ],
)
async def test_refusal_is_a_typed_error(pair: Pair, status: int, error: type[errors.CallFailed]) -> None:
    ours, theirs = await pair.ringing()
    theirs.reject(status)
    with pytest.raises(errors.CallFailed) as caught:
        await ours.wait_answered()
    assert type(caught.value) is error
    assert (caught.value.sip_status, caught.value.side) == (status, "remote")


async def test_no_answer_within_the_ring_timeout(pair: Pair) -> None:
    ours, theirs = await pair.ringing(ring_timeout_s=0.3)
    theirs.ring()
    with pytest.raises(errors.NoAnswer) as caught:
        await ours.wait_answered()
    assert (caught.value.sip_status, caught.value.side) == (408, "timeout")
    assert (await theirs.wait_ended()).status == 487


async def test_silent_peer_is_unreachable(pair: Pair) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        leg = pair.caller.dial(f"sip:x@127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(errors.Unreachable):
            await leg.wait_answered()


async def test_cancelling_the_waiter_hangs_up(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    theirs.ring()
    waiter = asyncio.ensure_future(ours.wait_answered())
    await ours.wait_ringing()
    waiter.cancel()
    assert (await theirs.wait_ended()).status == 487
    assert (await ours.wait_ended()).side == "local"
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_cancelling_a_waiter_for_ringing_leaves_the_call(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    waiter = asyncio.ensure_future(ours.wait_ringing())
    await asyncio.sleep(0)
    waiter.cancel()
    theirs.answer()
    await ours.wait_answered()


async def test_everything_is_idempotent_once_ended(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ours.hangup()
    await theirs.wait_ended()
    for leg in (ours, theirs):
        leg.hangup()
    theirs.answer()
    theirs.ring()
    theirs.reject()
    assert theirs.end is not None and theirs.end.side == "remote"


async def test_second_hangup_before_the_end_is_known_is_nothing(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ours.hangup()
    ours.hangup()
    assert (await ours.wait_ended()).side == "local"
    assert (await theirs.wait_ended()).side == "remote"


async def test_both_ends_of_a_bridge_hang_up_in_one_batch(pair: Pair) -> None:
    """Each end hangs up the other, whose BYE has arrived already."""
    a, at_a = await pair.up()
    b, at_b = await pair.up()
    heard = []

    def end_other(leg: Leg, event: LegEvent) -> None:
        if event.kind is K.ENDED:
            heard.append(event.value.side)
            (at_b if leg is at_a else at_a).hangup()

    at_a.on_event = at_b.on_event = end_other
    a.hangup()
    b.hangup()
    await at_a.wait_closed()
    await at_b.wait_closed()
    assert heard == ["remote", "remote"]


async def test_answer_that_crosses_the_cancel_is_nothing(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    theirs.ring()
    await ours.wait_ringing()
    ours.hangup()
    while not theirs.ended:
        theirs.answer()
        await asyncio.sleep(0)
    assert theirs.end is not None
    await ours.wait_closed()
    await theirs.wait_closed()


async def test_waiting_for_an_answer_of_a_call_that_ended_since_is_no_error(pair: Pair) -> None:
    ours, theirs = await pair.up()
    theirs.hangup()
    await ours.wait_ended()
    await ours.wait_answered()


async def test_answering_our_own_call_is_refused(pair: Pair) -> None:
    ours, _ = await pair.ringing()
    with pytest.raises(errors.WrongState, match="far side"):
        ours.answer()


async def test_q850_cause_reaches_the_other_side(pair: Pair) -> None:
    ours, theirs = await pair.up()
    ours.hangup(42)
    assert (await theirs.wait_ended()).q850 == 42


async def test_hold_and_resume_change_what_the_other_may_do(pair: Pair) -> None:
    ours, theirs = await pair.up()
    mine, other = Heard(ours), Heard(theirs)
    ours.hold()
    assert (await other.get(K.MEDIA_CHANGED)).value == "recvonly"
    assert (await mine.get(K.MODIFIED)).value == 200
    ours.hold(False)
    await other.get(K.MEDIA_CHANGED, lambda event: event.value == "sendrecv")
    ours.hangup()
    await theirs.wait_ended()


async def test_call_without_handler_is_refused_with_480(pair: Pair) -> None:
    pair.callee.incoming = None
    leg = pair.caller.dial(pair.uri)
    with pytest.raises(errors.NoAnswer) as caught:
        await leg.wait_answered()
    assert caught.value.sip_status == 480


async def test_coroutine_handler_runs_with_the_call(pair: Pair) -> None:
    async def serve(leg: Leg) -> None:
        leg.ring()
        await asyncio.sleep(0.01)
        leg.answer()
        await leg.wait_ended()

    pair.callee.incoming = serve
    leg = pair.caller.dial(pair.uri)
    await leg.wait_answered()
    leg.hangup()


async def test_failing_handler_refuses_its_call_only(pair: Pair) -> None:
    def sync(leg: Leg) -> None:
        raise RuntimeError("a bug")

    async def coroutine(leg: Leg) -> None:
        raise RuntimeError("another")

    for handler in (sync, coroutine):
        pair.callee.incoming = handler
        leg = pair.caller.dial(pair.uri)
        with pytest.raises(errors.Unreachable) as caught:
            await leg.wait_answered()
        assert caught.value.sip_status == 500
    pair.callee.incoming = lambda leg: leg.answer()
    await pair.caller.dial(pair.uri).wait_answered()


async def test_failing_event_handler_costs_no_event(pair: Pair) -> None:
    ours, theirs = await pair.ringing()

    def explode(leg: Leg, event: object) -> None:
        raise RuntimeError("a bug")

    ours.on_event = explode
    theirs.answer()
    await ours.wait_answered()


async def test_draining_refuses_new_calls_and_keeps_old_ones(pair: Pair) -> None:
    ours, theirs = await pair.up()
    pair.callee.accept_new(False)
    with pytest.raises(errors.Unreachable) as caught:
        await pair.caller.dial(pair.uri).wait_answered()
    assert caught.value.sip_status == 503
    pair.caller.accept_new(False)
    with pytest.raises(errors.Draining):
        pair.caller.dial(pair.uri)
    assert not ours.ended and not theirs.ended


async def test_stop_hangs_up_and_ends_every_waiter(pair: Pair) -> None:
    ours, theirs = await pair.up()
    await pair.caller.stop()
    assert ours.closed and (await ours.wait_ended()).side == "local"
    assert (await theirs.wait_ended()).side == "remote"


async def test_name_is_looked_up_before_dialing(pair: Pair) -> None:
    leg = pair.caller.dial(f"sip:bob@localhost:{pair.callee.sip_port}")
    theirs = await pair.arrived.get()
    theirs.answer()
    await leg.wait_answered()


async def test_name_without_address_ends_the_leg(pair: Pair) -> None:
    leg = pair.caller.dial("sip:bob@no-such-host.invalid")
    with pytest.raises(errors.Unreachable) as caught:
        await leg.wait_answered()
    assert caught.value.side == "transport"
    assert pair.caller.legs == 0


async def test_hangup_during_the_lookup_sends_nothing(pair: Pair) -> None:
    leg = pair.caller.dial(f"sip:bob@localhost:{pair.callee.sip_port}")
    leg.hangup()
    assert (await leg.wait_ended()).side == "local"
    await asyncio.sleep(0.1)
    assert pair.arrived.empty()


@pytest.mark.parametrize("uri", ["bob", "tel:+49301234", "sip:", "sip:a b@c", "sip:bob@host:99999", "sips:bob@host"])
async def test_unusable_uri_is_told_at_once(pair: Pair, uri: str) -> None:
    with pytest.raises(errors.BadParams, match="sip:"):
        pair.caller.dial(uri)


async def test_header_text_cannot_begin_another_header(pair: Pair) -> None:
    with pytest.raises(errors.BadParams):
        pair.caller.dial(pair.uri, headers=(("X-Note", "a\r\nEvil: b"),))
    with pytest.raises(errors.BadParams):
        pair.caller.dial(pair.uri, from_="alice\r\nEvil: b")


async def test_own_header_arrives(pair: Pair) -> None:
    _, theirs = await pair.ringing(headers=(("X-Campaign", "spring"),))
    assert "X-Campaign: spring" in theirs.headers


async def test_options_tells_the_status(pair: Pair) -> None:
    assert await pair.caller.options(pair.uri) == 200


async def test_failed_call_leaves_no_media_leg(pair: Pair) -> None:
    ours, theirs = await pair.ringing()
    theirs.reject(486)
    await ours.wait_closed()
    await theirs.wait_closed()
    assert pair.caller.stats()["media"]["legs"] == 0
    assert pair.callee.stats()["media"]["legs"] == 0
    assert pair.caller.legs == pair.callee.legs == 0


async def test_closed_leg_is_forgotten(pair: Pair) -> None:
    """Without the garbage collector: a daemon must be as large after a million calls as after a thousand."""
    gc.disable()
    try:
        ours, theirs = await pair.up()
        forgotten = [weakref.ref(ours), weakref.ref(theirs)]
        ours.hangup()
        await ours.wait_closed()
        await theirs.wait_closed()
        del ours, theirs
        await asyncio.sleep(0.05)
        assert [ref() for ref in forgotten] == [None, None]
    finally:
        gc.enable()


async def test_ports_used_up_is_told_with_the_setting_to_widen() -> None:
    core = Core(CoreOptions(ports=free_port_range(4), workers=1))
    await core.start()
    try:
        for _ in range(2):
            core.dial("sip:x@127.0.0.1:9")
        with pytest.raises(errors.MediaError, match=r"media\.ports"):
            core.dial("sip:x@127.0.0.1:9")
    finally:
        await core.stop(0.1)


async def test_call_over_ipv6() -> None:
    low, high = free_port_range(40)
    options = CoreOptions(sip_listen=(("127.0.0.1", 0), ("::1", 0)), media_address="::1", ports=(low, high), workers=1)
    async with Core(options, incoming=lambda leg: leg.answer()) as core:
        address = core.sip_addresses[1]
        assert address.startswith("[::1]:")
        leg = core.dial(f"sip:bob@{address}")
        await leg.wait_answered()
        await leg.tone(400, total_ms=100)
        assert leg.stats().tx_packets >= 5
        leg.hangup()
        await leg.wait_closed()


async def test_wildcard_listener_says_an_address_that_can_be_reached(pair: Pair) -> None:
    async with Core(CoreOptions(sip_listen=(("0.0.0.0", 0),), ports=free_port_range(4), workers=1)) as core:
        assert not core.sip_addresses[0].startswith("0.0.0.0")
        leg = core.dial(pair.uri)
        (await pair.arrived.get()).answer()
        await leg.wait_answered()


async def test_stop_that_runs_out_of_time_still_ends_every_waiter(pair: Pair, tmp_path: Path) -> None:
    ours, _ = await pair.up()
    recording, playback, verdict = ours.record(tmp_path / "call.wav"), ours.tone(400), ours.amd()
    await pair.caller.stop(0)
    assert await playback is False
    assert (await verdict).reason == "hangup"
    assert (await recording).path == recording.path
    assert ours.closed


async def test_port_in_use_names_the_address(pair: Pair) -> None:
    core = Core(CoreOptions(sip_listen=(("127.0.0.1", pair.caller.sip_port),)))
    with pytest.raises(OSError, match=rf"127\.0\.0\.1:{pair.caller.sip_port}"):
        await core.start()


async def test_many_calls_at_once_are_all_answered(pair: Pair) -> None:
    pair.callee.incoming = lambda leg: leg.answer()
    legs = [pair.caller.dial(pair.uri) for _ in range(25)]
    async with asyncio.timeout(20):
        await asyncio.gather(*(leg.wait_answered() for leg in legs))
    for leg in legs:
        leg.hangup()
    async with asyncio.timeout(20):
        await asyncio.gather(*(leg.wait_closed() for leg in legs))


def test_runs_on_uvloop() -> None:
    async def main() -> None:
        pair = await start_pair()
        ours, theirs = await pair.up()
        theirs.hangup()
        assert (await ours.wait_ended()).side == "remote"
        await pair.caller.stop()
        await pair.callee.stop()

    uvloop.run(main())


async def test_hang_up_right_after_a_refusal_has_nothing_to_do(pair: Pair) -> None:
    """The dialog has ended, its event has not been told yet."""
    ours, theirs = await pair.ringing()
    theirs.reject(603)
    theirs.hangup()
    theirs.reject(486)
    assert (await theirs.wait_ended()).status == 603
    with pytest.raises(errors.Declined):
        await ours.wait_answered()
