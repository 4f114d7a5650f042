# media.pyx  Commands to the media workers, their events in batches, audio in and out as 16-bit PCM.
#
# All of it is called from one thread, the loop's. Worker threads never touch Python.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

cimport lib
from lib cimport media_event, net_addr
from values cimport addr_bytes, addr_from, check, view

import os

cdef extern from *:
    """
    #define NAME(name, text) text,
    static const char *const media_event_texts[] = {MEDIA_EVENTS(NAME)};
    static const char *const amd_verdict_texts[] = {AMD_VERDICTS(NAME)};
    static const char *const amd_reason_texts[] = {AMD_REASONS(NAME)};
    """
    const char *media_event_texts[]
    const char *amd_verdict_texts[]
    const char *amd_reason_texts[]
    enum:
        MEDIA_EV_COUNT
        AMD_VERDICT_COUNT
        AMD_REASON_COUNT
        MIX_TALK
        MIX_HEAR
        MIX_BESIDE

EVENTS = tuple(media_event_texts[i].decode() for i in range(MEDIA_EV_COUNT))
AMD_VERDICTS = tuple(amd_verdict_texts[i].decode() for i in range(AMD_VERDICT_COUNT))
AMD_REASONS = tuple(amd_reason_texts[i].decode() for i in range(AMD_REASON_COUNT))
VERSION = lib.switchroom_version().decode()

DEF DRAIN = 256
DEF WHY = 200
DEF FRAME = 160
DEF MEMBERS = 16


cdef object pcm_view(object pcm):
    """Any contiguous buffer of 16-bit samples, as bytes: array, NumPy array, bytes, memoryview."""
    octets = memoryview(pcm).cast("B")
    if octets.nbytes % 2:
        raise ValueError(f"{octets.nbytes} bytes are not a whole number of 16-bit samples")
    return octets


cdef class Media:
    """The media workers. Handles are ints; a stale one raises NotFound. `close()` stops the threads."""

    cdef lib.media *m

    def __cinit__(self, bytes address, *, workers=0, port_min=20000, port_max=29999, max_legs=0, packet_wake=False,
                  pin=False, silence_ms=0, rec_buffer=0):
        cdef lib.media_opts o
        cdef int rc
        memset(&o, 0, sizeof(o))
        addr_from(&o.address, address)
        o.workers, o.port_min, o.port_max, o.max_legs = workers, port_min, port_max, max_legs
        o.wake, o.pin, o.silence_ms, o.rec_buffer = packet_wake, pin, silence_ms, rec_buffer
        with nogil:
            rc = lib.media_init(&self.m, &o)
        check(rc, "media workers")

    def __dealloc__(self):
        lib.media_free(self.m)

    def close(self) -> None:
        """Stop the workers; open recordings are completed. A second call does nothing."""
        cdef lib.media *m = self.m
        self.m = NULL
        with nogil:
            lib.media_free(m)

    cdef int alive(self) except -1:
        if self.m == NULL:
            raise RuntimeError("these media workers are closed")
        return 0

    def fileno(self) -> int:
        """Readable when events wait."""
        self.alive()
        return lib.media_event_fd(self.m)

    def drain(self) -> list:
        """Up to 256 events, oldest first, as (kind, handle, tag, at_ns, a, b, c, d, address or None)."""
        cdef media_event ev[DRAIN]
        cdef size_t i, n
        self.alive()
        n = lib.media_drain(self.m, ev, DRAIN)
        return [(ev[i].kind, ev[i].handle, ev[i].tag, ev[i].at, ev[i].a, ev[i].b, ev[i].c, ev[i].d,
                 addr_bytes(&ev[i].addr)) for i in range(n)]

    # ------------------------------------------------------------------ legs

    def open_leg(self, uint64_t tag=0, *, address=None, uint32_t silence_ms=0, worker=None) -> tuple:
        """(leg, its RTP address). OSError EADDRINUSE: no free port pair; Capacity: max_legs."""
        cdef lib.leg_opts o
        cdef uint64_t leg = 0
        cdef net_addr local
        self.alive()
        memset(&o, 0, sizeof(o))
        o.tag, o.silence_ms = tag, silence_ms
        o.worker = lib.LEG_ANY_WORKER if worker is None else worker
        addr_from(&o.address, address)
        check(lib.media_leg_open(self.m, &o, &leg, &local), "media leg")
        return leg, addr_bytes(&local)

    def worker(self, uint64_t leg) -> int:
        self.alive()
        return lib.media_leg_worker(self.m, leg)

    def remote(self, uint64_t leg, rtp, rtcp, codec, te_pt, direction, ptime_ms=20) -> None:
        cdef lib.leg_remote r
        self.alive()
        memset(&r, 0, sizeof(r))
        addr_from(&r.rtp, rtp)
        addr_from(&r.rtcp, rtcp)
        r.codec, r.te_pt, r.dir, r.ptime_ms = codec, te_pt, direction, ptime_ms
        check(lib.media_leg_remote(self.m, leg, &r), "far side of the media leg")

    def close_leg(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_leg_close(self.m, leg), "media leg")

    def release_leg(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_leg_release(self.m, leg), "media leg")

    def leg_stats(self, uint64_t leg) -> dict:
        """struct leg_stats of switchroom.h, by field name."""
        cdef lib.leg_stats s
        self.alive()
        check(lib.media_leg_stats(self.m, leg, &s), "media leg")
        return s

    # --------------------------------------------------------- what it hears

    def bridge(self, uint64_t a, uint64_t b) -> None:
        self.alive()
        check(lib.media_bridge(self.m, a, b), "bridge")

    def unbridge(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_unbridge(self.m, leg), "bridge")

    def echo(self, uint64_t leg, bint on) -> None:
        self.alive()
        check(lib.media_echo(self.m, leg, on), "echo")

    def open_mix(self) -> int:
        cdef uint64_t mix = 0
        self.alive()
        check(lib.media_mix_open(self.m, &mix), "mix")
        return mix

    def join_mix(self, uint64_t mix, uint64_t leg, bint talk, bint hear, bint beside=False) -> None:
        cdef unsigned roles = (MIX_TALK if talk else 0) | (MIX_HEAR if hear else 0) | (MIX_BESIDE if beside else 0)
        self.alive()
        check(lib.media_mix_join(self.m, mix, leg, roles), "mix")

    def hear_mix(self, uint64_t mix, uint64_t leg, others) -> None:
        """`others`: legs; at most 16 can be members."""
        cdef uint64_t handles[MEMBERS]
        cdef size_t n = 0
        self.alive()
        for other in others:
            if n == MEMBERS:
                raise ValueError(f"a mix has at most {MEMBERS} members")
            handles[n] = other
            n += 1
        check(lib.media_mix_hear(self.m, mix, leg, handles, n), "mix")

    def leave_mix(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_mix_leave(self.m, leg), "mix")

    def close_mix(self, uint64_t mix) -> None:
        self.alive()
        check(lib.media_mix_close(self.m, mix), "mix")

    def load_clip(self, path) -> int:
        """The clip of a WAV file. MediaError says what is wrong with the file; OSError when it cannot be read."""
        cdef uint64_t clip = 0
        cdef char why[WHY]
        cdef int rc
        cdef bytes name = os.fsencode(path)
        cdef const char *p = name
        self.alive()
        why[0] = 0
        with nogil:
            rc = lib.media_clip_load(self.m, p, &clip, why, WHY)
        if rc < 0 and why[0]:
            from switchroom.errors import MediaError

            raise MediaError(f"{os.fspath(path)}: {why.decode('utf-8', 'replace')}", file=str(path))
        check(rc, f"audio file {path}")
        return clip

    def pcm_clip(self, pcm) -> int:
        cdef uint64_t clip = 0
        cdef const unsigned char[::1] v = pcm_view(pcm)
        self.alive()
        check(lib.media_clip_pcm(self.m, <const int16_t *>&v[0] if v.shape[0] else NULL, v.shape[0] // 2, &clip), "clip")
        return clip

    def release_clip(self, uint64_t clip) -> None:
        self.alive()
        check(lib.media_clip_release(self.m, clip), "clip")

    def clip_samples(self, uint64_t clip) -> int:
        self.alive()
        cdef int64_t n = lib.media_clip_samples(self.m, clip)
        check(<int>n if n < 0 else 0, "clip")
        return n

    def play(self, uint64_t leg, uint64_t clip, uint32_t loops, uint64_t tag) -> None:
        self.alive()
        check(lib.media_play(self.m, leg, clip, loops, tag), "play")

    def tone(self, uint64_t leg, hz, hz2, level_cdb, on_ms, off_ms, total_ms, uint64_t tag) -> None:
        """Levels in hundredths of dBm0; `hz2` 0: one tone; `off_ms` 0: steady; `total_ms` 0: for ever."""
        cdef lib.tone_spec t
        self.alive()
        memset(&t, 0, sizeof(t))
        t.hz[0], t.hz[1], t.level_cdb, t.on_ms, t.off_ms, t.total_ms = hz, hz2, level_cdb, on_ms, off_ms, total_ms
        check(lib.media_tone(self.m, leg, &t, tag), "tone")

    def dtmf(self, uint64_t leg, digits, uint32_t tone_ms, uint32_t gap_ms, uint64_t tag) -> None:
        cdef bytes ascii_digits = digits.encode("ascii", "replace")
        self.alive()
        check(lib.media_dtmf(self.m, leg, ascii_digits, tone_ms, gap_ms, tag), f"digits {digits!r}")

    def stop_play(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_stop_play(self.m, leg), "player")

    # -------------------------------------------------------- what it listens

    def start_recording(self, uint64_t leg, path, uint64_t tag) -> int:
        cdef uint64_t rec = 0
        cdef bytes name = os.fsencode(path)
        self.alive()
        check(lib.media_record_start(self.m, leg, name, tag, &rec), f"recording {path}")
        return rec

    def stop_recording(self, uint64_t rec) -> None:
        self.alive()
        check(lib.media_record_stop(self.m, rec), "recording")

    def start_amd(self, uint64_t leg, initial_silence_ms=0, greeting_ms=0, after_greeting_ms=0, total_ms=0,
                  min_word_ms=0, max_words=0) -> None:
        """0: the default (switchroom.h, struct amd_opts)."""
        cdef lib.amd_opts o
        self.alive()
        memset(&o, 0, sizeof(o))
        o.initial_silence_ms, o.greeting_ms, o.after_greeting_ms = initial_silence_ms, greeting_ms, after_greeting_ms
        o.total_ms, o.min_word_ms, o.max_words = total_ms, min_word_ms, max_words
        check(lib.media_amd_start(self.m, leg, &o), "AMD")

    def stop_amd(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_amd_stop(self.m, leg), "AMD")

    def start_beep(self, uint64_t leg, uint32_t timeout_ms) -> None:
        self.alive()
        check(lib.media_beep_start(self.m, leg, timeout_ms), "beep detector")

    # ------------------------------------------------------------ live audio

    def open_tap(self, uint64_t leg, uint32_t buffer_ms) -> None:
        self.alive()
        check(lib.media_tap_open(self.m, leg, buffer_ms), "tap")

    def close_tap(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_tap_close(self.m, leg), "tap")

    def read_tap(self, uint64_t leg, size_t max_frames) -> tuple:
        """(PCM of whole frames, frames lost so far): 16-bit, host order, 8 kHz mono, 160 samples a frame."""
        cdef uint64_t dropped = 0
        cdef bytes pcm
        cdef int n
        self.alive()
        pcm = PyBytes_FromStringAndSize(NULL, max_frames * FRAME * sizeof(int16_t))
        n = check(lib.media_tap_read(self.m, leg, <int16_t *>PyBytes_AS_STRING(pcm), max_frames * FRAME, &dropped),
                  "tap")
        return pcm[:n * sizeof(int16_t)], dropped

    def open_sink(self, uint64_t leg, uint32_t buffer_ms) -> None:
        self.alive()
        check(lib.media_sink_open(self.m, leg, buffer_ms), "sink")

    def write_sink(self, uint64_t leg, pcm) -> int:
        """Samples taken, fewer than given when the buffer is full."""
        cdef const unsigned char[::1] v = pcm_view(pcm)
        self.alive()
        if v.shape[0] == 0:
            return 0
        return check(lib.media_sink_write(self.m, leg, <const int16_t *>&v[0], v.shape[0] // 2), "sink")

    def flush_sink(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_sink_flush(self.m, leg), "sink")

    def close_sink(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_sink_close(self.m, leg), "sink")

    def stats(self) -> dict:
        """struct media_stats of switchroom.h, by field name."""
        cdef lib.c_media_stats s
        self.alive()
        lib.c_media_stats_read(self.m, &s)
        return s
