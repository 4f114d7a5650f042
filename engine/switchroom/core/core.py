"""Signalling and media of one process, driven by its asyncio loop."""

from __future__ import annotations

import asyncio
import errno
import inspect
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import structlog

from .. import _media, _sip
from .._media import ClipData
from .._version import __version__
from ..errors import BadParams, Capacity, Draining, MediaError, NoRoute, WrongState
from ._leg_audio import OF_RECORDING, ON_MEDIA, LegAudio
from .cause import End
from .clip import Clip, ClipFiles
from .leg import MAX_FORWARDS, NO_CODEC, ON_SIP, TELEPHONE_EVENT, Leg, codec_numbers
from .mix import Mix
from .options import DTMF_MODES, CoreOptions, DtmfMode, SrtpPolicy
from .recording import Recording, RecordResult
from .uri import SipUri, header_lines, one_line, parse_uri

if _sip.VERSION != __version__ or _media.VERSION != __version__:
    raise ImportError(f"extensions are of version {_sip.VERSION}, the package is {__version__}: run `make build`")

log = structlog.get_logger(__name__)

_INCOMING = _sip.EVENTS.index("incoming")
_OPTIONS = _sip.EVENTS.index("options")
_SIP_PORT = 5060
_NEVER = 0xFFFF_FFFF
_ADDRESSES_MAX = 4096
_RESOLVED_FOR_S = 60.0
"""How long a looked-up name is believed: getaddrinfo() tells no TTL."""

Incoming = Callable[[Leg], Awaitable[None] | None]


class _Invite(NamedTuple):
    """What an INVITE says, kept while its destination is looked up. `options`: of Sip.create()."""

    uri: str
    caller: str
    codecs: bytes
    options: dict[str, Any]


class Core:
    """Owns the SIP sockets and the media threads. `async with Core(options) as core:` starts and stops it.

    `incoming(leg)` decides on each call that comes in: a function, or a coroutine function that then runs as a task
    of the Core. Without one, calls are refused with 480. When it raises, the call is refused with 500 or hung up.
    """

    def __init__(self, options: CoreOptions | None = None, incoming: Incoming | None = None) -> None:
        self.settings = options or CoreOptions()
        self.incoming = incoming
        self.sip: _sip.Sip
        self.media: _media.Media
        self._running = False
        self._draining = False
        self._legs: dict[int, Leg] = {}  # by SIP handle
        self._media_legs: dict[int, LegAudio] = {}
        self._recordings: dict[int, Recording] = {}
        self._open: set[LegAudio] = set()  # not CLOSED yet
        self._tasks: set[asyncio.Task[None]] = set()
        self._files = ClipFiles(self, self.settings.clip_cache, self.settings.files)
        self._addresses: dict[tuple[str, int], tuple[bytes, float]] = {}  # and until when
        self._options_waiting: dict[int, asyncio.Future[int]] = {}
        self._flows: list[tuple[int, int, str]] = []  # flow id, address family, "host:port" of it
        self._tag = 0
        self._quality = None if self.settings.quality is None else self.settings.quality.as_c()
        self._idle: asyncio.Event = asyncio.Event()

    # ------------------------------------------------------------ start, stop

    async def start(self) -> None:
        """Open the SIP sockets and start the media threads. OSError names the address that cannot be bound."""
        o, self._loop = self.settings, asyncio.get_running_loop()
        if self._running:
            raise WrongState("this Core is running already")
        media_address = _reachable(o.media_address or o.sip_advertise or o.sip_listen[0][0])
        self.sip = _sip.Sip(
            self._loop,
            self._on_sip,
            user_agent=o.user_agent or None,
            max_calls=o.max_calls,
            t1_ms=o.t1_ms,
            codecs=codec_numbers(o.codecs),
        )
        try:
            for host, port in o.sip_listen:
                self._listen(host, port)
            self.media = _media.Media(
                _sip.addr_parse(media_address, 0),
                workers=o.workers,
                port_min=o.ports[0],
                port_max=o.ports[1],
                max_legs=o.max_legs,
                packet_wake=o.wake == "packet",
                pin=o.pin,
                silence_ms=o.silence_ms,
                rec_buffer=o.record_buffer,
                grace_ms=max(1, o.grace_ms),
                relatch_ms=o.relatch_ms or _NEVER,
                opus_complexity=o.opus_complexity,
                opus_bitrate=o.opus_bitrate,
            )
        except BaseException:
            self.sip.close()
            raise
        self._loop.add_reader(self.media.fileno(), self._on_media)
        self._running = True

    def _listen(self, host: str, port: int) -> None:
        said_host = _reachable(self.settings.sip_advertise or host)
        advertise = _sip.addr_parse(said_host, 0)
        flow, bound = self.sip.open_udp(_sip.addr_parse(host, port), advertise=advertise, rcvbuf=self.settings.rcvbuf)
        bound_port = _sip.addr_text(bound)[1]
        said = f"[{said_host}]:{bound_port}" if ":" in said_host else f"{said_host}:{bound_port}"
        self._flows.append((flow, bound[0], said))

    async def stop(self, timeout_s: float = 2.0) -> None:
        """Hang up what is up, wait for the ends and the recordings for at most `timeout_s`, close everything.

        Recordings still open then are completed too. A second call does nothing.
        """
        if not self._running:
            return
        self._running = False
        self.sip.accept_new(False)
        for leg in list(self._open):
            assert isinstance(leg, Leg)
            leg.hangup()
        try:
            async with asyncio.timeout(timeout_s):
                while self._open:
                    self._idle.clear()
                    await self._idle.wait()
        except TimeoutError:
            log.warning("core_stop_timeout", legs=len(self._open))
        await self._cancel_tasks()
        self._files.close()
        self._loop.remove_reader(self.media.fileno())
        self.media.close()
        self.sip.close()
        for waiting in self._options_waiting.values():
            waiting.cancel()
        self._abandon()

    async def _cancel_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _abandon(self) -> None:
        """Legs whose end the network did not tell in time: nobody who waits for them shall wait for ever."""
        at = self._loop.time()
        for recording in list(self._recordings.values()):
            recording._end(RecordResult(recording.path, 0, 0, errno.ECANCELED))
        self._recordings.clear()
        self._media_legs.clear()
        for leg in list(self._open):
            assert isinstance(leg, Leg)
            leg._abandon_audio(at)
            if leg.ended:
                leg._close_if_done(at)
            else:
                leg._ended(End(0, 16, "local", "stopped"), at)

    async def __aenter__(self) -> Core:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def sip_port(self) -> int:
        """Of the first listener."""
        return int(self._flows[0][2].rpartition(":")[2])

    @property
    def sip_addresses(self) -> list[str]:
        """host:port of every listener, as Contact says it."""
        return [said for _, _, said in self._flows]

    @property
    def legs(self) -> int:
        """Legs that are not closed yet."""
        return len(self._open)

    def accept_new(self, on: bool) -> None:
        """False: calls that come in get 503 and dial() raises Draining; calls already up go on."""
        self._draining = not on
        self.sip.accept_new(on)

    def stats(self) -> dict[str, dict[str, int]]:
        """Counters of `sip` and `media`, named as in switchroom.h."""
        return {"sip": self.sip.stats(), "media": self.media.stats()}

    def worker_stats(self) -> list[dict[str, Any]]:
        """Figures of each media worker, named as in `struct media_worker_stats`."""
        return [self.media.worker_stats(i) for i in range(self.media.stats()["workers"])]

    # ---------------------------------------------------------------- outgoing

    def dial(
        self,
        uri: str,
        *,
        to: str | None = None,
        dst: str | tuple[str, int] | None = None,
        from_: str | None = None,
        username: str | None = None,
        password: str | None = None,
        route: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        ring_timeout_s: float | None = None,
        max_forwards: int = MAX_FORWARDS,
        codecs: Sequence[str] | None = None,
        srtp: SrtpPolicy | None = None,
        dtmf: DtmfMode | None = None,
    ) -> Leg:
        """Call `uri` (sip:user@host[:port]); the INVITE is out on return unless a name must be looked up first.

        `dst`: where to send it when not to the URI's host: a sip: URI or (host, port). `from_`: a user, a URI or
        "Name" <uri>. `codecs`: to offer, preferred first; None: those of the options. `max_forwards`: hops that it may
        make, 0-70. `srtp`: None: the options' policy. `dtmf`: as in CoreOptions. Raises BadParams (bad URI, header or
        codec), Capacity, MediaError (no RTP ports), Draining.
        """
        if not self._running or self._draining:
            raise Draining("the engine takes no new calls")
        target = parse_uri(uri)
        host, port = _next_hop(dst, target)
        caller = "switchroom" if from_ is None else one_line(from_, "from_")
        ring_s = self.settings.ring_timeout_s if ring_timeout_s is None else ring_timeout_s
        invite = _Invite(
            uri,
            caller,
            codec_numbers(self.settings.codecs if codecs is None else codecs),
            {
                "to": None if to is None else one_line(to, "to"),
                "route": None if route is None else one_line(route, "route"),
                "username": username,
                "password": password,
                "headers": header_lines(headers),
                "ring_ms": max(1, round(ring_s * 1000)),
                "hops": _hops(max_forwards),
            },
        )
        leg = Leg(self, "out", _user_of(caller), target.user, _sip.monotonic_ns() * 1e-9)
        leg.srtp = srtp or self.settings.srtp
        if dtmf is not None:
            if dtmf not in DTMF_MODES:
                raise BadParams(f"dtmf is {dtmf!r}; it must be one of {', '.join(DTMF_MODES)}", field="dtmf")
            leg.dtmf_mode = dtmf
        address = self._address(host, port)
        if address is not None:
            self._invite(leg, address, invite)
        else:
            self._open.add(leg)
            self._own(self._resolve_and_invite(leg, host, port, invite))
        return leg

    def _invite(self, leg: Leg, dst: bytes, invite: _Invite) -> None:
        flow, said = self._flow_to(dst)
        caller = invite.caller if "sip:" in invite.caller else f"<sip:{invite.caller}@{said}>"
        media = leg._open_media()
        assert leg._rtp
        leg._sender = dst
        try:
            local = leg._local(invite.codecs, leg._events(TELEPHONE_EVENT))
            leg._call = self.sip.create(flow, dst, invite.uri, caller, local, **invite.options)
        except BaseException:
            self._drop_media_leg(media)
            leg._media = 0
            raise
        self._legs[leg._call] = leg
        self._open.add(leg)

    async def _resolve_and_invite(self, leg: Leg, host: str, port: int, invite: _Invite) -> None:
        try:
            address = await self._resolve(host, port)
            if not leg.ended:
                self._invite(leg, address, invite)
        except (NoRoute, Capacity, MediaError) as error:
            if not leg.ended:
                log.warning("dial_failed", leg_id=leg.id, error=str(error))
                leg._ended(End(503, 38, "transport", str(error)), self._loop.time())

    def _flow_to(self, dst: bytes) -> tuple[int, str]:
        for flow, family, said in self._flows:
            if family == dst[0]:
                return flow, said
        raise NoRoute(
            f"no SIP listener for IPv{dst[0]} addresses such as {_sip.addr_text(dst)[0]}; add one to sip.listen"
        )

    def _address(self, host: str, port: int) -> bytes | None:
        """The address when it needs no waiting: a literal one, or a name looked up lately."""
        known = self._addresses.get((host, port))
        if known is not None and known[1] > self._loop.time():
            return known[0]
        try:
            address = _sip.addr_parse(host, port)
        except BadParams:
            return None
        self._remember(host, port, address, float("inf"))
        return address

    def _remember(self, host: str, port: int, address: bytes, until: float) -> None:
        if len(self._addresses) >= _ADDRESSES_MAX:
            self._addresses.clear()
        self._addresses[host, port] = address, until

    async def _resolve(self, host: str, port: int) -> bytes:
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM, proto=socket.IPPROTO_UDP)
        except OSError as error:
            raise NoRoute(f"host {host!r} has no address: {error}", host=host) from error
        families = {family for _, family, _ in self._flows}
        for family, _, _, _, where in found:
            version = {socket.AF_INET: 4, socket.AF_INET6: 6}.get(socket.AddressFamily(family), 0)
            if version in families:
                address = _sip.addr_parse(str(where[0]).partition("%")[0], port)
                self._remember(host, port, address, self._loop.time() + _RESOLVED_FOR_S)
                return address
        raise NoRoute(f"host {host!r} has no address of a family that SIP listens on", host=host)

    async def options(self, uri: str, dst: str | tuple[str, int] | None = None) -> int:
        """Ask `uri` with OPTIONS: its status, 408 when nothing comes back. NoRoute when a name has no address."""
        host, port = _next_hop(dst, parse_uri(uri))
        address = self._address(host, port) or await self._resolve(host, port)
        tag = self._next_tag()
        flow, _ = self._flow_to(address)
        answer: asyncio.Future[int] = self._loop.create_future()
        self._options_waiting[tag] = answer
        try:
            self.sip.options(flow, address, uri, tag)
            return await answer
        finally:
            del self._options_waiting[tag]

    # ------------------------------------------------------------------- audio

    def clip(self, path: str | os.PathLike[str]) -> Clip:
        """The audio file as a Clip: read once, again only when the file has changed. Reads in this thread: right at
        start-up, and for files that load() has read before. MediaError, OSError."""
        return self._files.get(path)

    async def load(self, path: str | os.PathLike[str]) -> Clip:
        """The same, read and decoded on a thread of its own."""
        return await self._files.load(path)

    def clip_pcm(self, samples: Any, name: str = "pcm") -> Clip:
        """A Clip of 16-bit samples at 8 kHz: bytes, array, NumPy array."""
        return self._adopt_clip(ClipData.of_pcm(samples), name)

    def _adopt_clip(self, data: ClipData, name: str) -> Clip:
        return Clip(self, self.media.adopt_clip(data), name, data.samples)

    def _release_clip(self, handle: int) -> None:
        if self._running:
            self.media.release_clip(handle)

    def mix(self) -> Mix:
        return Mix(self, self.media.open_mix())

    def _open_media_leg(self, leg: LegAudio) -> tuple[int, bytes]:
        try:
            handle, rtp = self.media.open_leg(dtmf=DTMF_MODES.index(leg.dtmf_mode))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise MediaError(f"leg {leg.id}: no RTP socket: {error.strerror}", leg_id=leg.id) from error
            low, high = self.settings.ports
            raise MediaError(
                f"RTP ports {low}-{high} are used up: widen media.ports", limit=(high - low + 1) // 2
            ) from error
        self._media_legs[handle] = leg
        if self._quality is not None:
            self.media.start_quality(handle, self._quality)
        return handle, rtp

    def _release_media_leg(self, handle: int) -> None:
        """Its LEG_CLOSED came."""
        del self._media_legs[handle]
        self.media.release_leg(handle)

    def _drop_media_leg(self, handle: int) -> None:
        """Of a leg that never came to life: nobody waits for its LEG_CLOSED, which releases it."""
        del self._media_legs[handle]
        self.media.close_leg(handle)

    def _next_tag(self) -> int:
        self._tag += 1
        return self._tag

    # ------------------------------------------------------------------ events

    def _on_sip(self, events: list[_sip.Event]) -> None:
        legs = self._legs
        for event in events:
            kind = event[0]
            try:
                if kind == _INCOMING:
                    self._on_incoming(event)
                elif kind == _OPTIONS:
                    waiting = self._options_waiting.get(event[2])
                    if waiting is not None and not waiting.done():
                        waiting.set_result(event[3])
                else:
                    leg = legs.get(event[1])
                    if leg is not None:
                        ON_SIP[kind](leg, event)
            except Exception:
                log.exception("sip_event_failed", kind=_sip.EVENTS[kind])

    def _on_media(self) -> None:
        for event in self.media.drain():
            kind, handle = event[0], event[1]
            leg: LegAudio | None
            if kind in OF_RECORDING:
                recording = self._recordings.get(handle)
                leg = recording._leg if recording is not None else None
            else:
                leg = self._media_legs.get(handle)
            try:
                if leg is not None:
                    ON_MEDIA[kind](leg, event)
                elif kind == _LEG_CLOSED:
                    self.media.release_leg(handle)
            except Exception:
                log.exception("media_event_failed", kind=_media.EVENTS[kind])

    def _forget(self, leg: LegAudio) -> None:
        self._open.discard(leg)
        if not self._open:
            self._idle.set()

    def _on_incoming(self, event: _sip.Event) -> None:
        call_id, _, ruri_user, _, from_user, _, to_user, _, headers = event[10]
        leg = Leg(self, "in", from_user, to_user, event[6] * 1e-9)
        leg._call, leg._offer, leg._sender = event[1], event[7], event[9]
        leg.sip_call_id, leg.ruri_user, leg.headers = call_id, ruri_user, headers
        self._legs[leg._call] = leg
        self._open.add(leg)
        if leg._offer is not None and leg._offer[2] == NO_CODEC:
            leg.reject(488)
        elif self.incoming is None:
            leg.reject(480)
        else:
            self._hand_over(leg, self.incoming)

    def _hand_over(self, leg: Leg, incoming: Incoming) -> None:
        try:
            waiting = incoming(leg)
        except Exception:
            self._handler_failed(leg)
            return
        if inspect.isawaitable(waiting):
            self._own(self._handle(leg, waiting))

    async def _handle(self, leg: Leg, waiting: Awaitable[None]) -> None:
        try:
            await waiting
        except asyncio.CancelledError:
            leg.hangup()
            raise
        except Exception:
            self._handler_failed(leg)

    def _handler_failed(self, leg: Leg) -> None:
        log.exception("incoming_handler_failed", leg_id=leg.id, sip_call_id=leg.sip_call_id)
        if leg.answered_at is None:
            leg.reject(500)
        else:
            leg.hangup(41)  # Q.850: temporary failure

    def _own(self, work: Any) -> None:
        task: asyncio.Task[None] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_LEG_CLOSED = _media.EVENTS.index("leg_closed")


def _reachable(host: str) -> str:
    """`host` itself; for a wildcard the address of this machine that the default route leaves from: nobody can send
    to 0.0.0.0. Without a route: loopback."""
    version = ip_address(host)
    if not version.is_unspecified:
        return host
    family, far, loopback = (
        (socket.AF_INET, "192.0.2.1", "127.0.0.1") if version.version == 4 else (socket.AF_INET6, "2001:db8::1", "::1")
    )
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((far, 9))  # a datagram socket: looks the route up, sends nothing
        except OSError:
            return loopback
        return str(probe.getsockname()[0])


def _hops(max_forwards: int) -> int:
    if not 0 <= max_forwards <= MAX_FORWARDS:
        raise BadParams(f"max_forwards {max_forwards}: 0-{MAX_FORWARDS} is allowed", field="max_forwards")
    return MAX_FORWARDS - max_forwards


def _next_hop(dst: str | tuple[str, int] | None, target: SipUri) -> tuple[str, int]:
    if isinstance(dst, tuple):
        return dst[0], dst[1] or _SIP_PORT
    hop = target if dst is None else parse_uri(dst)
    return hop.host, hop.port or _SIP_PORT


def _user_of(caller: str) -> str:
    """The user part of a From text: "Shop" <sip:+4930123@host> or +4930123."""
    _, found, rest = caller.partition("sip:")
    return rest.partition("@")[0] if found and "@" in rest else ("" if found else caller)
