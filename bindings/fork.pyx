# fork.pyx  Frames of a media fork (csrc/rpc/fork.h): records of the tap into bytes for the client, its bytes into audio.
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

cimport lib
from values cimport check

VERSION = lib.switchroom_version().decode()
HELLO, AUDIO, MARK, CLEAR, END = range(5)
CLEARED = lib.FORK_CLEARED
HEADER = lib.FORK_HEADER
FORMATS = ("pcm_s16le", "pcmu", "pcma")


cdef int codec_init(lib.fork_codec *c, object name, unsigned rate_hz, unsigned channels, bint outwards) except -1:
    if name not in FORMATS:
        raise ValueError(f"format {name!r}: one of {', '.join(FORMATS)} is allowed")
    return check(lib.fork_codec_init(c, FORMATS.index(name), rate_hz // 1000, channels, outwards),
                 f"{name} at {rate_hz} Hz")


cdef class Encoder:
    """Numbers frames from 0. `records` takes what Media.read_fork() gave."""

    cdef lib.fork_codec codec
    cdef lib.fork_frame frame
    cdef readonly uint64_t clock

    def __init__(self, format, unsigned rate_hz, unsigned channels, uint8_t leg):
        codec_init(&self.codec, format, rate_hz, channels, True)
        memset(&self.frame, 0, sizeof(self.frame))
        self.frame.leg = leg
        self.clock = 0

    def records(self, const uint8_t[::1] data) -> list:
        """One AUDIO frame for each record."""
        cdef int16_t record[lib.FORK_RECORD_MAX]
        cdef uint8_t out[lib.FORK_FRAME_MAX]
        cdef size_t size = (lib.FORK_CLOCK + self.codec.channels * lib.FORK_SAMPLES) * sizeof(int16_t)
        cdef size_t at = 0
        frames = []
        while at + size <= <size_t>data.shape[0]:
            memcpy(record, &data[at], size)
            memcpy(&self.clock, record, sizeof(self.clock))
            frames.append(self.build(AUDIO, 0, out, lib.fork_encode(&self.codec, record + lib.FORK_CLOCK, out)))
            at += size
        return frames

    def control(self, uint8_t kind, const uint8_t[::1] payload, uint8_t flags=0) -> bytes:
        """HELLO, MARK or END, at the clock of the last audio."""
        return self.build(kind, flags, &payload[0] if payload.shape[0] else NULL, payload.shape[0])

    cdef bytes build(self, uint8_t kind, uint8_t flags, const uint8_t *payload, size_t n):
        cdef bytes made = PyBytes_FromStringAndSize(NULL, lib.FORK_HEADER + n)
        cdef uint8_t *p = <uint8_t *>PyBytes_AS_STRING(made)
        self.frame.kind, self.frame.flags, self.frame.clock, self.frame.n = kind, flags, self.clock, <uint16_t>n
        lib.fork_write(p, &self.frame)
        self.frame.seq += 1
        if n:
            memcpy(p + lib.FORK_HEADER, payload, n)
        return made


cdef class Decoder:
    """What the client sends, in pieces of any size. Holds at most one frame."""

    cdef lib.fork_codec codec
    cdef bytearray rest

    def __init__(self, format, unsigned rate_hz):
        codec_init(&self.codec, format, rate_hz, 1, False)
        self.rest = bytearray()

    def feed(self, data) -> list:
        """Complete frames as (kind, payload): AUDIO as 16-bit PCM of 8 kHz, host order; MARK its name, CLEAR nothing.
        BadParams: not a fork's stream; there is no going on after that."""
        cdef lib.fork_frame frame
        cdef int16_t pcm[lib.FORK_PAYLOAD_MAX]
        cdef size_t at = 0
        cdef int n
        cdef const uint8_t[::1] v
        frames = []
        self.rest += data
        held = bytes(self.rest)
        v = held
        while at < <size_t>v.shape[0]:
            n = lib.fork_read(&frame, &v[at], v.shape[0] - at)
            if n == -EAGAIN:
                break
            check(n, "frame of a media fork")
            at += lib.FORK_HEADER
            if frame.kind == AUDIO:
                n = check(lib.fork_decode(&self.codec, &v[at] if frame.n else NULL, frame.n, pcm), "audio of a media fork")
                frames.append((AUDIO, PyBytes_FromStringAndSize(<const char *>pcm, n * sizeof(int16_t))))
            else:
                frames.append((<int>frame.kind, held[at:at + frame.n]))
            at += frame.n
        del self.rest[:at]
        return frames
