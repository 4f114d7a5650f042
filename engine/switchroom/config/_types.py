"""What may stand in the configuration file: one struct per table.

Each field's `doc` in its Meta is the text of the reference (docs/configuration.md is generated from here), with the
unit and the reason for the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all tables: a key that is not known is an error."""


@dataclass(frozen=True, slots=True)
class Listen:
    """One listening address: scheme udp, tcp or unix; host and port, or the path of a unix socket."""

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""


def parse_listen(text: str) -> Listen:
    """Parts of udp://127.0.0.1:5060, tcp://[::1]:7400 or unix:./run/control.sock; ValueError says what is wrong."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path:
            raise ValueError("unix: needs a path, as in unix:./run/control.sock")
        return Listen("unix", path=path)
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in {"udp", "tcp"}:
        raise ValueError("must be udp://HOST:PORT, tcp://HOST:PORT or unix:PATH")
    host, separator, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not separator or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError("needs a port of 0-65535 after the host, as in udp://127.0.0.1:5060 (0: any free one)")
    try:
        ip_address(host)
    except ValueError:
        raise ValueError(f"host {host!r} must be an IP address of this machine, as in 127.0.0.1") from None
    return Listen(scheme, host=host, port=int(port))


Port = Annotated[int, Meta(ge=1, le=65535)]
Text = Annotated[str, Meta(min_length=1, max_length=512)]


Codec = Literal["PCMU", "PCMA", "G722", "OPUS"]


class SipConfig(Table, frozen=True, kw_only=True):
    listen: Annotated[
        tuple[str, ...],
        Meta(
            min_length=1,
            description="Addresses that SIP listens on, as udp://HOST:PORT. Loopback by default: a telephone engine "
            "open to the world by accident is found by scanners within minutes. At least one udp; "
            "tcp is accepted and warned about: it comes with a later version.",
        ),
    ] = ("udp://127.0.0.1:5060",)
    max_calls: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="SIP dialogs at once; an INVITE beyond it gets 503 with Retry-After. Bounds memory.",
        ),
    ] = 16_384
    t1_ms: Annotated[
        int,
        Meta(
            ge=50, le=5_000, description="Estimate of the round trip, ms (RFC 3261 17.1.1.1): the first retransmission."
        ),
    ] = 500
    ring_timeout_ms: Annotated[
        int, Meta(ge=1_000, le=300_000, description="How long a call of ours may ring when nothing else says so, ms.")
    ] = 60_000
    user_agent: Annotated[
        str, Meta(max_length=64, description="User-Agent and Server header; empty: Switchroom/VERSION.")
    ] = ""


SrtpPolicy = Literal["off", "optional", "required"]
_SRTP_BELOW = "SRTP here (off, optional, required). None: media.srtp."


class MediaConfig(Table, frozen=True, kw_only=True):
    address: Annotated[
        str | None,
        Meta(description="IP address that SDP offers. Default: the address of the first SIP listener."),
    ] = None
    ports: Annotated[
        str,
        Meta(
            pattern=r"^\d{1,5}-\d{1,5}$",
            description="UDP ports of RTP (even) and RTCP (odd), FIRST-LAST. "
            "Two ports per leg; 10,000 ports carry 5,000 legs.",
        ),
    ] = "20000-29999"
    workers: Annotated[
        int, Meta(ge=0, le=64, description="Media threads; 0: one per CPU. One carries over 1,000 bridged calls.")
    ] = 0
    wake: Annotated[
        Literal["tick", "packet"],
        Meta(
            description="tick: one look per ms, cheapest; "
            "packet: wake for every packet, saves the last millisecond of delay."
        ),
    ] = "tick"
    pin: Annotated[bool, Meta(description="Pin worker i to CPU i. Off: the scheduler knows what else runs.")] = False
    dtmf: Annotated[
        Literal["auto", "rfc4733", "inband", "both"],
        Meta(
            description="How digits come from the far side. auto: as telephone-event where it was agreed, else from "
            "the audio; rfc4733: as telephone-event alone; inband: from the audio, telephone-event is not offered; "
            "both: either way, told once."
        ),
    ] = "auto"
    silence_ms: Annotated[
        int, Meta(ge=1_000, le=3_600_000, description="A leg without RTP for so long is reported silent, ms.")
    ] = 30_000
    srtp: Annotated[
        SrtpPolicy,
        Meta(
            description="Encrypted audio with keys in the SDP (RFC 4568). off: never; an INVITE that allows nothing "
            "else gets 488. optional: offered in an ordinary RTP/AVP line, taken when offered. required: RTP/SAVP, "
            "never in clear; 488 to those who have none. An encrypted call is never taken back into clear. The keys "
            "stand in the SIP messages: without TLS whoever reads those can listen, so off is the default and the "
            "others are warned about at start. Trunks and routes may say otherwise."
        ),
    ] = "off"
    rtcp_mux: Annotated[
        bool,
        Meta(
            description="Offer and accept RTCP over the RTP port (RFC 5761): one hole in a firewall instead of two. "
            "On: those who do not know it go on with two ports."
        ),
    ] = True
    grace_ms: Annotated[
        int,
        Meta(
            ge=1,
            le=60_000,
            description="Until RTP is believed that comes neither from the signalled address or its host nor from the "
            "host that signals, ms. Shorter: less is lost of calls through unusual NAT; longer: more time for the real "
            "source to be first.",
        ),
    ] = 500
    relatch_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=3_600_000,
            description="Silence of a leg's source after which its stream may go on from elsewhere: same SSRC and "
            "following sequence numbers, same host, or the SRTP key, ms. 0: only a new SDP moves it. 1000: longer than "
            "jitter and loss, shorter than anybody waits.",
        ),
    ] = 1_000
    codecs: Annotated[
        tuple[Codec, ...],
        Meta(
            min_length=1,
            max_length=4,
            description="Codecs of calls: offered in this order; of an offer that comes in, the first that is among "
            "them is taken. PCMU, PCMA, G722, OPUS. G.711 alone by default: it costs least and every carrier has it.",
        ),
    ] = ("PCMU", "PCMA")
    opus_complexity: Annotated[
        int, Meta(ge=1, le=10, description="Effort of the Opus encoder: CPU time against quality.")
    ] = 5
    opus_bitrate: Annotated[
        int, Meta(ge=6_000, le=128_000, description="Of the Opus encoder, bit/s; wideband voice is good from 20,000.")
    ] = 24_000


class QualityConfig(Table, frozen=True, kw_only=True):
    """What of a call's sound is measured. A limit of 0 raises no event; an event ends well inside its limit."""

    enabled: Annotated[
        bool,
        Meta(
            description="Rate every leg (E-model, G.107): loss and its bursts, delay, one-way audio. "
            "A few ns per packet and 1 KiB per leg."
        ),
    ] = True
    levels: Annotated[
        bool,
        Meta(
            description="Look at the samples of G.711 too: level, clipping, silence, dead air. "
            "About 2 % of what forwarding a packet costs (46 ns, csrc/bench_dsp.c)."
        ),
    ] = True
    rtcp_xr: Annotated[
        Literal["auto", "always", "never"],
        Meta(description="RTCP XR reports (RFC 3611). auto: to peers that send some; others may not know them."),
    ] = "auto"
    mos_min: Annotated[
        float,
        Meta(ge=0, le=4.5, description="MOS of 10 s below this. 3.6 and less dissatisfies many users (G.109)."),
    ] = 3.5
    loss_percent: Annotated[
        float, Meta(ge=0, le=100, description="Lost packets, percent of 10 s. Concealment hides up to about this much.")
    ] = 5.0
    jitter_ms: Annotated[
        int, Meta(ge=0, le=10_000, description="Jitter (RFC 3550), ms. Beyond it jitter buffers of telephones drop.")
    ] = 60
    rtt_ms: Annotated[
        int, Meta(ge=0, le=60_000, description="Round trip, ms. Beyond it people talk over each other (G.114).")
    ] = 400
    clipping_permille: Annotated[
        int, Meta(ge=0, le=1_000, description="Samples at the codec's last step, of 1,000 in 10 s. Speech has none.")
    ] = 10
    level_low_dbm0: Annotated[
        float, Meta(ge=-90, le=0, description="Speech quieter than this, dBm0. Usual speech is -25 to -15; 0: off.")
    ] = -40.0
    level_high_dbm0: Annotated[
        float, Meta(ge=-90, le=3, description="Speech louder than this, dBm0: it distorts. 0: off.")
    ] = -6.0
    silence_dbm0: Annotated[
        float, Meta(ge=-90, lt=0, description="Below it a frame is silence, dBm0. Line noise is -65 to -55.")
    ] = -50.0
    one_way_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=3_600_000,
            description="Nothing arrives for so long while we send, or so much speech of the other side is answered "
            "by silence alone, ms. Longer than anybody listens without a sound.",
        ),
    ] = 15_000
    dead_air_ms: Annotated[
        int, Meta(ge=0, le=3_600_000, description="Neither side of a talk says anything for so long, ms.")
    ] = 20_000


class ForkConfig(Table, frozen=True, kw_only=True):
    """Media forks: live audio of calls to programs and back (docs/media-fork.md)."""

    sinks: Annotated[
        tuple[str, ...],
        Meta(
            description="Where clients may have audio sent, globs of unix:PATH and tcp://HOST:PORT. This machine only: "
            "whoever may fork could else send calls anywhere."
        ),
    ] = ("unix:*", "tcp://127.0.0.1:*", "tcp://[[]::1[]]:*")
    max_forks: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="Forks at once. 100 of two channels at 16 kHz cost the loop about 5 % of a core.",
        ),
    ] = 200
    buffer_ms: Annotated[
        int,
        Meta(
            ge=100,
            le=60_000,
            description="Audio that waits for a client that does not read, ms; then the oldest is dropped. "
            "What is older is of no use to who listens live.",
        ),
    ] = 1_000
    back_ms: Annotated[
        int,
        Meta(ge=1_000, le=600_000, description="Audio from the client that waits to be played, ms; more is dropped."),
    ] = 60_000
    stall_ms: Annotated[
        int, Meta(ge=1_000, le=600_000, description="A client that takes nothing for so long loses its fork, ms.")
    ] = 10_000
    connect_ms: Annotated[int, Meta(ge=100, le=30_000, description="How long connecting to a sink may take, ms.")] = (
        3_000
    )


Role = Literal["observer", "agent", "operator", "recorder", "forker", "supervisor", "admin"]


class TokenConfig(Table, frozen=True, kw_only=True):
    """[[control.token]]"""

    name: Annotated[Text, Meta(description="Who uses it; appears in the audit log.")]
    sha256: Annotated[
        str, Meta(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the token, hex: the token itself is not stored.")
    ]
    roles: Annotated[
        tuple[Role, ...],
        Meta(
            min_length=1, description="What it may do: observer, agent, operator, recorder, forker, supervisor, admin."
        ),
    ]
    agent: Annotated[
        str | None,
        Meta(description="Role agent: the one agent id it may act for. None: the first that the session logs in."),
    ] = None


class UserConfig(Table, frozen=True, kw_only=True):
    """[[control.user]]"""

    uid: Annotated[int, Meta(ge=0, le=2**32 - 2, description="User id, as the kernel tells it on the Unix socket.")]
    roles: Annotated[
        tuple[Role, ...],
        Meta(
            min_length=1, description="What it may do: observer, agent, operator, recorder, forker, supervisor, admin."
        ),
    ]
    agent: Annotated[str | None, Meta(description="As for a token.")] = None


class ControlConfig(Table, frozen=True, kw_only=True):
    listen: Annotated[
        tuple[str, ...],
        Meta(description="Control sockets: unix:PATH and tcp://HOST:PORT. Empty: none."),
    ] = ("unix:./run/control.sock",)
    allow_remote: Annotated[
        bool,
        Meta(description="Allow tcp:// on an address that is not loopback. Off: the protocol is not encrypted."),
    ] = False
    trust_loopback: Annotated[
        bool,
        Meta(
            description="Every local user is admin over TCP without a token. Off: as on the Unix socket, root and the "
            "engine's own user are, others by [[control.user]] or a token."
        ),
    ] = False
    token: Annotated[tuple[TokenConfig, ...], Meta(description="Tokens for session.auth.")] = ()
    user: Annotated[
        tuple[UserConfig, ...],
        Meta(description="Users of the Unix socket. Without an entry: root and the engine's own user are admin."),
    ] = ()
    files: Annotated[
        tuple[str, ...],
        Meta(
            description="Folders whose files clients may name: lists to import, prompts to play. Empty: only admins "
            "may name files, any. A client that could name any file could read any."
        ),
    ] = ()
    socket_mode: Annotated[
        Literal["0600", "0660"],
        Meta(description="Mode of the Unix socket: 0600 only the engine's user; 0660 also its group."),
    ] = "0600"


class StoreConfig(Table, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            pattern=r"^sqlite:.+",
            description="sqlite:PATH. One file (and its -wal) to back up. PostgreSQL comes with a later version.",
        ),
    ] = "sqlite:./data/switchroom.db"
    journal_events: Annotated[
        int,
        Meta(ge=1_000, le=100_000_000, description="Events kept for clients that come back; older ones are dropped."),
    ] = 1_000_000


class RecordingKeyConfig(Table, frozen=True, kw_only=True):
    """[[recording.key]]: the last one of a tenant encrypts what is recorded from now on, all of them decrypt."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="Its name, in the header of every file encrypted with it."
        ),
    ]
    tenant: Annotated[Text | None, Meta(description="Whose recordings. None: of all who have no key of their own.")] = (
        None
    )
    file: Annotated[
        str | None, Meta(description="File of the key: 32 bytes, raw, as 64 hexadecimal digits, or in base64.")
    ] = None
    env: Annotated[str | None, Meta(description="Environment variable that holds it.")] = None
    command: Annotated[
        str | None,
        Meta(description="Command, run at start without a shell, that prints it: the client of a key service."),
    ] = None


class RetentionConfig(Table, frozen=True, kw_only=True):
    """[[recording.retention]]: the first rule that fits a recording decides; without one it is kept for ever."""

    campaign: Annotated[Text | None, Meta(description="Campaign id, glob. None: any, or none.")] = None
    tenant: Annotated[Text | None, Meta(description="Tenant, glob.")] = None
    disposition: Annotated[Text | None, Meta(description="Disposition of the call, glob.")] = None
    keep_days: Annotated[
        int | None,
        Meta(ge=0, le=36_500, description="Erased so many days after its end. None: kept for ever."),
    ] = None


class RecordingConfig(Table, frozen=True, kw_only=True):
    path: Annotated[
        Text, Meta(description="Folder of the recordings; subfolders by date, hour and a hash are made in it.")
    ] = "./recordings"
    spool: Annotated[
        str | None,
        Meta(
            description="Folder where recordings grow until they are complete. None: beside where they will be. With "
            "encryption, name one in memory (tmpfs) or on an encrypted disk: what grows is not encrypted yet."
        ),
    ] = None
    format: Annotated[
        Literal["wav", "flac", "opus"],
        Meta(
            description="wav: G.711 as received. flac: the same samples in about half the space. opus: about a "
            "tenth, lossy. Encoded in the background, verified before the WAV file is removed."
        ),
    ] = "wav"
    linear: Annotated[bool, Meta(description="WAV holds 16-bit samples instead of the leg's G.711.")] = False
    sides: Annotated[
        Literal["both", "customer", "agent", "mixed"],
        Meta(
            description="both: stereo, left the recorded leg (the customer of a campaign), right what it hears; "
            "customer or agent: that side alone, mono; mixed: both added, mono."
        ),
    ] = "both"
    part_ms: Annotated[
        int, Meta(ge=0, le=86_400_000, description="A new file after so long, ms, without a seam. 0: one file.")
    ] = 0
    part_mib: Annotated[int, Meta(ge=0, le=2_048, description="A new file after so much audio. 0: after 2 GiB.")] = 0
    beep_every_ms: Annotated[
        int,
        Meta(ge=0, le=600_000, description="The recorded leg hears a beep so often, ms. 0: none. US usage: 15,000."),
    ] = 0
    beep_ms: Annotated[int, Meta(ge=20, le=2_000, description="How long a beep is, ms.")] = 200
    beep_hz: Annotated[int, Meta(ge=300, le=3_400, description="Its pitch, Hz. 47 CFR 64.501: 1,400.")] = 1_400
    beep_dbm0: Annotated[int, Meta(ge=-40, le=0, description="Its level, dBm0.")] = -18
    sync: Annotated[
        Literal["close", "interval", "none"],
        Meta(
            description="When audio is forced to the disk. close: before a recording is announced; interval: also "
            "every sync_ms while it grows; none: when the kernel likes, a power cut may cost announced recordings."
        ),
    ] = "close"
    sync_ms: Annotated[int, Meta(ge=1_000, le=600_000, description="sync = interval: so often, ms.")] = 5_000
    buffer_mib: Annotated[
        int,
        Meta(
            ge=1,
            le=4_096,
            description="Memory for audio that waits for the disk, MiB; a recording needs 32 KiB. A disk too slow for "
            "it ends recordings with recording.failed, never calls.",
        ),
    ] = 64
    require_key: Annotated[bool, Meta(description="Refuse to record when there is no key for the call's tenant.")] = (
        False
    )
    key: Annotated[
        tuple[RecordingKeyConfig, ...],
        Meta(description="Keys; with one for its tenant, or one for all, a recording is encrypted (AES-256-GCM)."),
    ] = ()
    retention: Annotated[tuple[RetentionConfig, ...], Meta(description="What is erased when, in order.")] = ()
    retention_every_ms: Annotated[
        int, Meta(ge=1_000, le=86_400_000, description="How often the rules are looked at, ms.")
    ] = 3_600_000


class AudioConfig(Table, frozen=True, kw_only=True):
    """[audio]: what calls hear from files and tables. Formats other than WAV of 8 kHz need the extra `audio`."""

    prompts: Annotated[
        str | None,
        Meta(
            description="Folder of recorded fragments for `say`: LANGUAGE/GROUP/NAME.wav (or flac, ogg, opus, mp3), as "
            "de/num/21.wav. `switchroom prompts LANGUAGE` lists what to record. None: nothing can be said."
        ),
    ] = None
    language: Annotated[Text, Meta(description="Language of `say` when a request names none: en, de, fr or es.")] = "en"
    country: Annotated[Text, Meta(description="Country of tones when a request names none, ISO 3166, as de.")] = "us"
    hold_music: Annotated[
        tuple[str, ...],
        Meta(description="Files that a call on hold hears, one after the other, again and again. Empty: none."),
    ] = ()
    hold_start: Annotated[
        Literal["common", "own"],
        Meta(
            description="common: hold music runs since the start of the engine, all hear the same; "
            "own: each hears it from its beginning."
        ),
    ] = "common"
    hold_volume_db: Annotated[int, Meta(ge=-60, le=12, description="Volume of hold music; 0: as recorded.")] = 0
    cache_mib: Annotated[
        int, Meta(ge=1, le=65_536, description="Audio kept in memory of files that nothing plays, MiB (one is 65 s).")
    ] = 256
    file_max_s: Annotated[
        int,
        Meta(ge=1, le=86_400, description="The longest audio file that is played, s; a longer one is refused."),
    ] = 3_600


class ReportingConfig(Table, frozen=True, kw_only=True):
    path: Annotated[
        str | None,
        Meta(description="Folder where cdr.jsonl and cdr.csv are appended. None: CDRs stay in the store only."),
    ] = None


class TrunkConfig(Table, frozen=True, kw_only=True):
    name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="Its name in routes, campaigns and reports.")
    ]
    uri: Annotated[
        str,
        Meta(
            pattern=r"^sip:[^@\s]+$",
            description="sip:HOST[:PORT]: where its calls are sent; the number becomes the user part.",
        ),
    ]
    username: Annotated[str | None, Meta(description="Digest user. None: no authentication.")] = None
    password: Annotated[str | None, Meta(description="Digest password; prefer password_file.")] = None
    password_file: Annotated[
        str | None, Meta(description="File holding the password, read at start, trailing newline ignored.")
    ] = None
    max_calls: Annotated[int, Meta(ge=1, le=1_000_000, description="Calls at once that the carrier sells.")] = 1_000
    max_cps: Annotated[float, Meta(gt=0, le=10_000, description="New calls per second that the carrier allows.")] = (
        100.0
    )
    caller_id: Annotated[str | None, Meta(description="User part of From when nothing else says one.")] = None
    srtp: Annotated[SrtpPolicy | None, Meta(description=_SRTP_BELOW)] = None
    codecs: Annotated[
        tuple[Codec, ...],
        Meta(max_length=4, description="Codecs offered to it, preferred first. Empty: those of [media]."),
    ] = ()
    health_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=3_600_000,
            description="OPTIONS every so many ms; two misses mark it down, one answer up. 0: never asked, always up.",
        ),
    ] = 10_000


class RouteConfig(Table, frozen=True, kw_only=True):
    to: Annotated[Text, Meta(description="User part of the Request-URI, glob (* ? [abc]). First match wins.")]
    action: Annotated[
        Literal["echo", "play", "dial", "reject"],
        Meta(
            description="echo: the caller hears itself; play: a file; dial: through a trunk, audio through us; reject."
        ),
    ]
    answer_after_ms: Annotated[int, Meta(ge=0, le=180_000, description="Rings (180) that long first, ms.")] = 0
    file: Annotated[str | None, Meta(description="play: WAV file, 8 kHz mono.")] = None
    loops: Annotated[int, Meta(ge=0, le=1_000_000, description="play: how often; 0: until the caller hangs up.")] = 1
    trunk: Annotated[
        str | None, Meta(description="dial: name of a [[trunk]]; others are tried in order when `failover` names them.")
    ] = None
    failover: Annotated[
        tuple[str, ...], Meta(description="dial: trunks tried next when one fails (5xx, no answer from it, limits).")
    ] = ()
    record: Annotated[bool, Meta(description="Record the caller's leg, as [recording] says.")] = False
    tenant: Annotated[Text | None, Meta(description="Whose calls these are: chooses the recording key.")] = None
    srtp: Annotated[SrtpPolicy | None, Meta(description="Of the caller's leg. " + _SRTP_BELOW)] = None
    status: Annotated[int, Meta(ge=400, le=699, description="reject: SIP status.")] = 603
    auth: Annotated[
        bool, Meta(description="Must be false: digest authentication of callers comes with a later version.")
    ] = False


class AccountConfig(Table, frozen=True, kw_only=True):
    """[[account]]: accepted and checked, used when phones can register (a later version)."""

    user: Annotated[Text, Meta(description="Digest user.")]
    password: Annotated[str | None, Meta(description="Digest password.")] = None
    password_file: Annotated[str | None, Meta(description="File holding it.")] = None


class EngineConfig(Table, frozen=True, kw_only=True):
    drain_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=3_600_000,
            description="SIGTERM: calls may end by themselves for so long, ms; then they are hung up.",
        ),
    ] = 30_000
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least level that is logged.")
    ] = "info"


class Config(Table, frozen=True, kw_only=True):
    """The whole file."""

    sip: SipConfig = SipConfig()
    media: MediaConfig = MediaConfig()
    quality: QualityConfig = QualityConfig()
    control: ControlConfig = ControlConfig()
    store: StoreConfig = StoreConfig()
    recording: RecordingConfig = RecordingConfig()
    audio: AudioConfig = AudioConfig()
    fork: ForkConfig = ForkConfig()
    reporting: ReportingConfig = ReportingConfig()
    engine: EngineConfig = EngineConfig()
    trunk: tuple[TrunkConfig, ...] = ()
    route: tuple[RouteConfig, ...] = ()
    account: tuple[AccountConfig, ...] = ()

    def __repr__(self) -> str:
        """Without secrets: a configuration ends up in logs and tracebacks."""
        return f"Config(sip={self.sip!r}, trunks={[trunk.name for trunk in self.trunk]}, routes={len(self.route)})"
