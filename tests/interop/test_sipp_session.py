"""A call that is up, and how it gets there: early media, hold and resume, refresh, offers in the answer, requests
inside the dialog."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from switchroom.client import AsyncClient
from tests.interop.office import Line, hang_up
from tests.interop.peers import needs_sipp
from tests.interop.sipp import Peers, Sipp

pytestmark = needs_sipp

Ear = Callable[[], socket.socket]


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Sockets that audio is sent to."""
    opened = []

    def one() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.append(made)
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        return made

    yield one
    for each in opened:
        each.close()


def heard(where: socket.socket) -> int:
    """RTP packets that have come."""
    count = 0
    while True:
        try:
            where.recv(2048)
        except BlockingIOError:
            return count
        count += 1


def sdp(where: socket.socket, *, direction: str = "sendrecv", host: str = "127.0.0.1", codecs: str = "0") -> str:
    port = where.getsockname()[1]
    return (
        f"v=0\no=- 1 {port} IN IP4 127.0.0.1\ns=-\nc=IN IP4 {host}\nt=0 0\n"
        f"m=audio {port} RTP/AVP {codecs}\na=rtcp:9 IN IP4 127.0.0.1\na={direction}\n"
    )


def descriptions(peer: Sipp) -> list[str]:
    """SDP of each 200 to an INVITE."""
    return [message.body for message in peer.received(200, "INVITE")]


def version(message: str) -> int:
    (origin,) = (line for line in message.splitlines() if line.startswith("o="))
    return int(origin.split()[2])


# ----------------------------------------------------------------- early media


async def test_early_media_comes_before_the_ringing_as_the_callee_says_it(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_gives_early_media", line)
    caller = await sipp.caller("caller_hears_early_media", line.number)
    await sipp.pass_()
    (early,) = caller.received(183)
    (answer,) = caller.received(200, "INVITE")
    assert early.body == answer.body
    assert early.header("To") == answer.header("To")


@pytest.mark.parametrize(("said", "heard"), [("180 Ringing", 180), ("182 Queued", 180), ("183 Session Progress", 183)])
async def test_progress_without_sdp_reaches_the_caller(sipp: Peers, line: Line, said: str, heard: int) -> None:
    await sipp.callee("callee_makes_progress", line, status=said)
    await sipp.caller("caller_hears_progress", line.number, status=heard)
    await sipp.pass_()


# -------------------------------------------------------------- hold and resume


@pytest.mark.parametrize(
    ("how", "held"),
    [
        ({"direction": "sendonly"}, "recvonly"),
        ({"direction": "inactive"}, "inactive"),
        ({"host": "0.0.0.0"}, "recvonly"),  # RFC 2543
    ],
    ids=["sendonly", "inactive", "0.0.0.0"],
)
async def test_hold_stops_the_audio_and_resume_starts_it_again(
    sipp: Peers, ear: Ear, how: dict[str, str], held: str
) -> None:
    """Each description names another port, so that each packet tells which one it belongs to."""
    before, during, after = ear(), ear(), ear()
    words = {"sdp": sdp(before), "hold": sdp(during, **how), "held": held, "resume": sdp(after)}
    caller = await sipp.caller("caller_holds", "tone", **words)
    await sipp.pass_()
    assert heard(before) > 0
    assert heard(during) == 0
    assert heard(after) > 0
    assert [version(each) for each in descriptions(caller)] == sorted({version(each) for each in descriptions(caller)})


@pytest.mark.parametrize(("direction", "held"), [("sendonly", "recvonly"), ("inactive", "inactive")])
async def test_callee_holds_and_resumes(sipp: Peers, line: Line, ear: Ear, direction: str, held: str) -> None:
    other = ear()
    words = {"hold": sdp(other, direction=direction), "held": held, "resume": sdp(other)}
    await sipp.callee("callee_holds", line, **words)
    await sipp.caller("caller_talks", line.number, talk_ms=400)
    await sipp.pass_()


async def test_refresh_is_answered_with_the_same_description(sipp: Peers) -> None:
    caller = await sipp.caller("caller_refreshes", "echo")
    await sipp.pass_()
    assert len(descriptions(caller)) == 3 and len(set(descriptions(caller))) == 1


async def test_reinvite_without_common_codec_is_488_and_the_call_goes_on(sipp: Peers, ear: Ear) -> None:
    await sipp.caller("caller_asks_for_the_impossible", "echo", bad=sdp(ear(), codecs="9 18"))
    await sipp.pass_()


async def test_reinvite_without_offer_gets_ours_and_the_ack_moves_the_audio(sipp: Peers, ear: Ear) -> None:
    before, after = ear(), ear()
    await sipp.caller("caller_modifies_without_offer", "tone", sdp=sdp(before), answer=sdp(after))
    await sipp.pass_()
    assert heard(after) > 0


# ------------------------------------------------------- offers in the answer


async def test_invite_without_offer_gets_ours(sipp: Peers, ear: Ear) -> None:
    audio = ear()
    await sipp.caller("caller_offers_nothing", "tone", sdp=sdp(audio), talk_ms=150)
    await sipp.pass_()
    assert heard(audio) > 0


@pytest.mark.parametrize("callee", ["callee_answers", "callee_gives_early_media"])
async def test_invite_without_offer_goes_through_to_a_callee(sipp: Peers, line: Line, callee: str) -> None:
    await sipp.callee(callee, line)
    await sipp.caller("caller_offers_nothing", line.number, talk_ms=50)
    await sipp.pass_()


async def test_offer_that_the_ack_does_not_answer_ends_the_call(sipp: Peers) -> None:
    await sipp.caller("caller_leaves_the_offer_unanswered", "echo")
    await sipp.pass_()


async def test_offer_without_common_codec_is_488(sipp: Peers, ear: Ear) -> None:
    await sipp.caller("caller_is_refused", "echo", sdp=sdp(ear(), codecs="9 18"), status=488)
    await sipp.pass_()


# ------------------------------------------------------- requests in the dialog


async def test_requests_in_the_dialog_leave_the_call_up(sipp: Peers) -> None:
    caller = await sipp.caller("caller_asks_in_dialog", "echo")
    await sipp.pass_()
    for refused in caller.received(405) + caller.received(501):
        assert "INVITE" in refused.header("Allow")


async def test_callee_that_hangs_up_hangs_the_caller_up(sipp: Peers, line: Line) -> None:
    await sipp.callee("callee_hangs_up", line)
    await sipp.caller("caller_is_hung_up", line.number)
    await sipp.pass_()


async def test_our_requests_go_where_the_caller_has_moved(sipp: Peers, client: AsyncClient) -> None:
    caller = await sipp.caller("caller_moves", "echo")
    await hang_up(client, await caller.seen(200, count=2))
    await sipp.pass_()
    (bye,) = caller.received("BYE")
    assert bye.start.startswith("BYE sip:moved@")


@pytest.mark.parametrize(
    ("method", "status"),
    [("OPTIONS", 200), ("PAINT", 501), ("REGISTER", 405), ("BYE", 481), ("INFO", 481), ("SUBSCRIBE", 405)],
)
async def test_requests_outside_a_dialog_are_answered(sipp: Peers, method: str, status: int) -> None:
    caller = await sipp.caller("caller_asks", "echo", method=method, status=status)
    await sipp.pass_()
    (answer,) = caller.received(status)
    if method == "OPTIONS":
        assert answer.header("Accept") == "application/sdp"
    if status != 481:
        assert {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"} <= set(answer.header("Allow").split(", "))
