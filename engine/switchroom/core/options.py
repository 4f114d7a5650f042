"""What a Core is told at its birth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .audiofile import FileLimits
from .quality import QualityOptions

SrtpPolicy = Literal["off", "optional", "required"]
DtmfMode = Literal["auto", "rfc4733", "inband", "both"]
DTMF_MODES: tuple[DtmfMode, ...] = ("auto", "rfc4733", "inband", "both")
"""By enum dtmf_mode of switchroom.h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreOptions:
    """Checked by `Core.start()`; the defaults make a Core on loopback, with any free SIP port.

    `sip_listen` (host, port) pairs, literal addresses, port 0: any. `sip_advertise`: what Via and Contact say when
    a listener is bound to a wildcard address. `media_address`: what SDP offers, default the first SIP address.
    `ports` RTP and RTCP, both ends included. `workers` 0: one per CPU. `silence_ms`: a leg without RTP for so long
    is reported SILENT. `codecs`: PCMU, PCMA, G722, OPUS, the ones we offer, in this order, and agree to.
    `opus_complexity` 1-10, `opus_bitrate` bit/s: of our encoder. `ring_timeout_s`: how long a call of ours may ring
    when dial() does not say. `max_calls`: SIP dialogs at once, an INVITE beyond it gets 503. `rcvbuf`: bytes of
    kernel buffer per SIP socket, what a stalled loop can be late by. `clip_cache`: bytes of audio kept of files
    that nothing plays. `files`: what one may cost. `quality`: measure every leg; None: none.
    `record_buffer`: bytes of audio that may wait for the disk, 0: 64 MiB.
    `srtp`: policy of legs that name none (RFC 4568): off, optional, required. `rtcp_mux`: RTCP over the RTP port where
    the far side agrees (RFC 5761). `grace_ms`, `relatch_ms`: when RTP from elsewhere is believed (switchroom.h, struct
    media_opts; relatch_ms 0: never).
    `dtmf`: how digits come when dial() does not say: "auto", from the audio where no telephone-event was agreed;
    "rfc4733", as telephone-event alone; "inband", from the audio, events are not offered; "both", either way, told
    once.
    """

    sip_listen: Sequence[tuple[str, int]] = (("127.0.0.1", 0),)
    sip_advertise: str | None = None
    media_address: str | None = None
    ports: tuple[int, int] = (20000, 29999)
    workers: int = 0
    wake: Literal["tick", "packet"] = "tick"
    pin: bool = False
    silence_ms: int = 30_000
    codecs: Sequence[str] = ("PCMU", "PCMA")
    opus_complexity: int = 5
    opus_bitrate: int = 24_000
    ring_timeout_s: float = 60.0
    max_legs: int = 0
    user_agent: str = ""
    max_calls: int = 16_384
    t1_ms: int = 500
    rcvbuf: int = 4 << 20
    srtp: SrtpPolicy = "off"
    rtcp_mux: bool = True
    grace_ms: int = 500
    relatch_ms: int = 1_000
    clip_cache: int = 256 << 20
    files: FileLimits = field(default_factory=FileLimits)
    quality: QualityOptions | None = None
    record_buffer: int = 0
    dtmf: DtmfMode = "auto"
