# media.pyx  Commands to the media workers, their events in batches, audio in and out as 16-bit PCM.
#
# All of it is called from one thread, the loop's. Worker threads never touch Python.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport int16_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

cimport lib
from lib cimport media_event, net_addr
from values cimport addr_bytes, addr_from, check, view

import errno
import os

cdef extern from *:
    """
    #define NAME(name, text) text,
    static const char *const media_event_texts[] = {MEDIA_EVENTS(NAME)};
    static const char *const amd_verdict_texts[] = {AMD_VERDICTS(NAME)};
    static const char *const amd_reason_texts[] = {AMD_REASONS(NAME)};
    static const char *const play_do_texts[] = {PLAY_DOS(NAME)};
    static const char *const quality_alarm_texts[] = {QUALITY_ALARMS(NAME)};
    """
    const char *media_event_texts[]
    const char *amd_verdict_texts[]
    const char *amd_reason_texts[]
    const char *play_do_texts[]
    const char *quality_alarm_texts[]
    enum:
        MEDIA_EV_COUNT
        AMD_VERDICT_COUNT
        AMD_REASON_COUNT
        PLAY_DO_COUNT
        QUALITY_ALARM_COUNT
        MIX_TALK
        MIX_HEAR
        MIX_BESIDE

EVENTS = tuple(media_event_texts[i].decode() for i in range(MEDIA_EV_COUNT))
AMD_VERDICTS = tuple(amd_verdict_texts[i].decode() for i in range(AMD_VERDICT_COUNT))
AMD_REASONS = tuple(amd_reason_texts[i].decode() for i in range(AMD_REASON_COUNT))
PLAY_DOS = tuple(play_do_texts[i].decode() for i in range(PLAY_DO_COUNT))
ITEMS_MAX = lib.PLAY_ITEMS_MAX
QUALITY_ALARMS = tuple(quality_alarm_texts[i].decode() for i in range(QUALITY_ALARM_COUNT))
VERSION = lib.switchroom_version().decode()

DEF DRAIN = 256
DEF WHY = 200
DEF FRAME = 160
DEF RECORD = 324  # FORK_RECORD_MAX
DEF MEMBERS = 16


cdef object pcm_view(object pcm):
    """Any contiguous buffer of 16-bit samples, as bytes: array, NumPy array, bytes, memoryview."""
    octets = memoryview(pcm).cast("B")
    if octets.nbytes % 2:
        raise ValueError(f"{octets.nbytes} bytes are not a whole number of 16-bit samples")
    return octets


cdef class ClipData:
    """Audio that no engine holds yet. Made on any thread; Media.adopt_clip() takes it. `samples` at 8 kHz."""

    cdef lib.clip *c
    cdef readonly size_t samples

    def __dealloc__(self):
        lib.media_clip_discard(self.c)

    @staticmethod
    def of_pcm(pcm) -> ClipData:
        """A copy of 16-bit samples."""
        cdef ClipData made = ClipData()
        cdef const unsigned char[::1] v = pcm_view(pcm)
        cdef const int16_t *p = <const int16_t *>&v[0] if v.shape[0] else NULL
        cdef size_t n = v.shape[0] // 2
        cdef int rc
        with nogil:
            rc = lib.media_clip_make(p, n, &made.c)
        check(rc, "clip")
        made.samples = n
        return made

    def pcm(self) -> bytes:
        """A copy of its samples; none once an engine has it."""
        return b"" if self.c == NULL else PyBytes_FromStringAndSize(<const char *>lib.media_clip_audio(self.c),
                                                                   self.samples * sizeof(int16_t))


def read_clip(path) -> ClipData:
    """The audio of a WAV file: 8 kHz, PCM 16-bit or G.711. MediaError says what is wrong with it; OSError when it cannot
    be read. Any thread."""
    cdef ClipData made = ClipData()
    cdef char why[WHY]
    cdef int rc
    cdef bytes name = os.fsencode(path)
    cdef const char *p = name
    why[0] = 0
    with nogil:
        rc = lib.media_clip_read(p, &made.c, why, WHY)
    if rc == -errno.EBADMSG:
        from switchroom.errors import MediaError

        raise MediaError(why.decode("utf-8", "replace"), file=str(path))
    check(rc, f"audio file {path}")
    made.samples = lib.media_clip_length(made.c)
    return made


cdef int parse_tone(lib.tone_plan *plan, object tone) except -1:
    """((frequencies, modulation Hz, level in hundredths of dBm0, ms), ...), repeat_from, total_ms."""
    cdef Py_ssize_t i, k
    segments, plan.repeat_from, plan.total_ms = tone
    if len(segments) > lib.TONE_SEGMENTS:
        raise ValueError(f"{len(segments)} segments of a tone: at most {lib.TONE_SEGMENTS} are possible")
    plan.n = len(segments)
    for i, (hz, mod_hz, level_cdb, ms) in enumerate(segments):
        if len(hz) > lib.TONE_PARTS:
            raise ValueError(f"{len(hz)} frequencies at once: at most {lib.TONE_PARTS} are possible")
        for k in range(len(hz)):
            plan.segments[i].hz[k] = hz[k]
        plan.segments[i].mod_hz, plan.segments[i].level_cdb, plan.segments[i].ms = mod_hz, level_cdb, ms
    return 0


cdef class Media:
    """The media workers. Handles are ints; a stale one raises NotFound. `close()` stops the threads."""

    cdef lib.media *m

    def __cinit__(self, bytes address, *, workers=0, port_min=20000, port_max=29999, max_legs=0, packet_wake=False,
                  pin=False, silence_ms=0, rec_buffer=0, grace_ms=0, relatch_ms=0,
                  opus_complexity=0, opus_bitrate=0):
        cdef lib.media_opts o
        cdef int rc
        memset(&o, 0, sizeof(o))
        addr_from(&o.address, address)
        o.workers, o.port_min, o.port_max, o.max_legs = workers, port_min, port_max, max_legs
        o.wake, o.pin, o.silence_ms, o.rec_buffer = packet_wake, pin, silence_ms, rec_buffer
        o.grace_ms, o.relatch_ms = grace_ms, relatch_ms
        o.opus_complexity, o.opus_bitrate = opus_complexity, opus_bitrate
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

    def open_leg(self, uint64_t tag=0, *, address=None, uint32_t silence_ms=0, worker=None, dtmf=0) -> tuple:
        """(leg, its RTP address). `dtmf`: enum dtmf_mode. OSError EADDRINUSE: no free port pair; Capacity: max_legs."""
        cdef lib.leg_opts o
        cdef uint64_t leg = 0
        cdef net_addr local
        self.alive()
        memset(&o, 0, sizeof(o))
        o.tag, o.silence_ms = tag, silence_ms
        o.dtmf = dtmf
        o.worker = lib.LEG_ANY_WORKER if worker is None else worker
        addr_from(&o.address, address)
        check(lib.media_leg_open(self.m, &o, &leg, &local), "media leg")
        return leg, addr_bytes(&local)

    def worker(self, uint64_t leg) -> int:
        self.alive()
        return lib.media_leg_worker(self.m, leg)

    def remote(self, uint64_t leg, rtp, rtcp, codec, te_pt, direction, ptime_ms=20,
               coding=(0, 0, 8, 0, 0), *, peer=None,
               rtcp_mux=False, keys=None) -> None:
        """`peer`: address of who signals, None: not known. `keys`: of a SIP event, None: in clear."""
        cdef lib.leg_remote r
        self.alive()
        memset(&r, 0, sizeof(r))
        addr_from(&r.rtp, rtp)
        addr_from(&r.rtcp, rtcp)
        addr_from(&r.peer, peer)
        r.codec, r.te_pt, r.dir, r.ptime_ms = codec, te_pt, direction, ptime_ms
        r.pt, r.own_pt, r.te_khz, r.fec, r.play_khz = coding
        r.rtcp_mux = rtcp_mux
        if keys is not None:
            r.srtp = <const lib.srtp_keys *>PyCapsule_GetPointer(keys, "switchroom.srtp_keys")
        check(lib.media_leg_remote(self.m, leg, &r), "far side of the media leg")

    def close_leg(self, uint64_t leg, uint64_t at_ns=0) -> None:
        """`at_ns`: as of this earlier instant of the monotonic clock; 0: now."""
        self.alive()
        check(lib.media_leg_close_at(self.m, leg, at_ns), "media leg")

    def release_leg(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_leg_release(self.m, leg), "media leg")

    def leg_stats(self, uint64_t leg) -> dict:
        """struct leg_stats of switchroom.h, by field name."""
        cdef lib.leg_stats s
        self.alive()
        check(lib.media_leg_stats(self.m, leg, &s), "media leg")
        counters = dict(s)
        counters["foreign"] = addr_bytes(&s.foreign)
        return counters

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

    def adopt_clip(self, ClipData data) -> int:
        """The handle of a clip made before; the engine frees it."""
        cdef uint64_t clip = 0
        self.alive()
        if data.c == NULL:
            raise ValueError("an engine has this clip already")
        check(lib.media_clip_adopt(self.m, data.c, &clip), "clip")
        data.c = NULL
        return clip

    def release_clip(self, uint64_t clip) -> None:
        self.alive()
        check(lib.media_clip_release(self.m, clip), "clip")

    def play(self, uint64_t leg, items, uint64_t tag, *, uint32_t loops=1, int16_t gain_cdb=0, bint queue=False,
             uint64_t start=0, uint64_t epoch=0) -> None:
        """`items`: (clip or 0, tone or None, first sample, samples, loops) each; see struct play_item. A tone is
        ((frequencies, modulation Hz, level in hundredths of dBm0, ms), ...), repeat_from, total_ms."""
        cdef lib.play_opts o
        cdef lib.play_item *list
        cdef lib.tone_plan *plans
        cdef size_t i, tones = 0, n = len(items)
        self.alive()
        if not 0 < n <= lib.PLAY_ITEMS_MAX:
            raise ValueError(f"{n} items: 1 to {lib.PLAY_ITEMS_MAX} can be played")
        memset(&o, 0, sizeof(o))
        o.tag, o.loops, o.gain_cdb, o.queue, o.start, o.epoch = tag, loops, gain_cdb, queue, start, epoch
        list = <lib.play_item *>PyMem_Calloc(n, sizeof(lib.play_item))
        plans = <lib.tone_plan *>PyMem_Calloc(n, sizeof(lib.tone_plan))
        try:
            if list == NULL or plans == NULL:
                raise MemoryError
            for i, (clip, tone, first, samples, times) in enumerate(items):
                list[i].clip, list[i].start, list[i].samples, list[i].loops = clip, first, samples, times
                if tone is not None:
                    parse_tone(&plans[tones], tone)
                    list[i].tone = &plans[tones]
                    tones += 1
            check(lib.media_play_list(self.m, leg, list, n, &o), "play")
        finally:
            PyMem_Free(list)
            PyMem_Free(plans)

    def play_do(self, uint64_t leg, uint64_t tag, int what, int64_t value=0, uint32_t ramp_ms=0) -> None:
        """`what`: index in PLAY_DOS. See media_play_do()."""
        self.alive()
        check(lib.media_play_do(self.m, leg, tag, <lib.play_do>what, value, ramp_ms), "player")

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

    def start_recording(self, uint64_t leg, path, uint64_t tag, *, suffix=0, sides=0, linear=False, part_ms=0,
                        part_bytes=0, beep_every_ms=0, beep_ms=0, beep_hz=0, beep_cdb=0) -> int:
        """struct record_opts of switchroom.h."""
        cdef uint64_t rec = 0
        cdef bytes name = os.fsencode(path)
        cdef lib.record_opts o
        self.alive()
        memset(&o, 0, sizeof(o))
        o.path, o.suffix, o.sides, o.format, o.tag = name, suffix, sides, linear, tag
        o.part_ms, o.part_bytes, o.beep_every_ms = part_ms, part_bytes, beep_every_ms
        o.beep.hz[0], o.beep.total_ms, o.beep.level_cdb = beep_hz, beep_ms, beep_cdb
        check(lib.media_record(self.m, leg, &o, &rec), f"recording {path}")
        return rec

    def pause_recording(self, uint64_t rec) -> None:
        self.alive()
        check(lib.media_record_pause(self.m, rec), "recording")

    def resume_recording(self, uint64_t rec) -> None:
        self.alive()
        check(lib.media_record_resume(self.m, rec), "recording")

    def stop_recording(self, uint64_t rec, uint64_t at_ns=0) -> None:
        self.alive()
        check(lib.media_record_stop_at(self.m, rec, at_ns), "recording")

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

    def start_quality(self, uint64_t leg, options) -> None:
        """`options`: fields of struct quality_opts by name, all of them."""
        cdef lib.quality_opts o = options
        self.alive()
        check(lib.media_quality_start(self.m, leg, &o), "quality")

    def leg_quality(self, uint64_t leg) -> dict:
        """struct leg_quality of switchroom.h, by field name."""
        cdef lib.leg_quality q
        self.alive()
        check(lib.media_leg_quality(self.m, leg, &q), "quality")
        return q

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

    def open_fork(self, uint64_t leg, unsigned sides, uint32_t buffer_ms) -> None:
        """A tap of what the leg says (1), hears (2) or both (3) beside that of open_tap()."""
        self.alive()
        check(lib.media_fork_open(self.m, leg, sides, buffer_ms), "fork")

    def close_fork(self, uint64_t leg) -> None:
        self.alive()
        check(lib.media_fork_close(self.m, leg), "fork")

    def read_fork(self, uint64_t leg, size_t max_records) -> tuple:
        """(whole records, records lost so far); _fork.Encoder knows their layout."""
        cdef uint64_t dropped = 0
        cdef bytes data
        cdef int n
        self.alive()
        data = PyBytes_FromStringAndSize(NULL, max_records * RECORD * sizeof(int16_t))
        n = check(lib.media_fork_read(self.m, leg, <int16_t *>PyBytes_AS_STRING(data), max_records * RECORD, &dropped),
                  "fork")
        return data[:n * sizeof(int16_t)], dropped

    def sink_left(self, uint64_t leg) -> int:
        """Samples in the sink that have not been played."""
        self.alive()
        return check(lib.media_sink_left(self.m, leg), "sink")

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

    def worker_stats(self, uint32_t worker) -> dict:
        """struct media_worker_stats of switchroom.h, by field name. NotFound: there are not so many."""
        cdef lib.c_worker_stats s
        self.alive()
        check(lib.c_worker_stats_read(self.m, worker, &s), "worker")
        return s
