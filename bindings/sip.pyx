# sip.pyx  The SIP core on an asyncio loop: datagrams in and out in batches, one timer, events as tuples.
#
# Everything runs on the loop's thread. Events never call back from inside a command: those a command causes
# are handed over on the loop's next turn.
from libc.stdint cimport UINT64_MAX, uint8_t, uint32_t, uint64_t
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec
from posix.unistd cimport close as c_close

cimport lib
from lib cimport c_str, net_addr, sip_event, sip_local, sip_media, sip_tx
from values cimport addr_bytes, addr_from, check, fail, text, view

import os

cdef extern from "<errno.h>":
    int EPROTONOSUPPORT

cdef extern from *:
    """
    #define NAME(name, text) text,
    static const char *const sip_event_texts[] = {SIP_EVENTS(NAME)};
    """
    const char *sip_event_texts[]

EVENTS = tuple(sip_event_texts[i].decode() for i in range(lib.SIP_EV_OPTIONS + 1))
SIDES = tuple(lib.sip_side_name(i).decode() for i in range(lib.SIP_SIDE_COUNT))
SRTP_SUITES = tuple(lib.srtp_suite_name(i).decode() for i in range(lib.SRTP_SUITE_COUNT))
VERSION = lib.switchroom_version().decode()

DEF FLOWS = 64           # ids the C core takes
DEF EVENTS_PER_DRAIN = 32
DEF TX_PER_DRAIN = 32
DEF QUEUE_DATAGRAMS = 8192
DEF QUEUE_BYTES = 8 * 1024 * 1024
DEF BATCHES_BEFORE_TIMERS = 64  # full batches that timers wait for: what a 4 MiB socket buffer holds, and no flood for ever

cdef struct Flow:
    int fd
    bint writing  # add_writer is on
    lib.udp_out *out


cdef inline uint64_t now_ns() noexcept nogil:
    cdef timespec t
    clock_gettime(CLOCK_MONOTONIC, &t)
    return <uint64_t>t.tv_sec * 1000000000 + <uint64_t>t.tv_nsec


def monotonic_ns() -> int:
    return now_ns()


def status_text(status: int) -> str:
    return lib.sip_status_text(status).decode()


def status_q850(status: int) -> int:
    return lib.sip_status_q850(status)


def addr_parse(host: str, port: int) -> bytes:
    """The address of a literal IPv4 or IPv6 `host`. BadParams when it is a name: resolve it first."""
    cdef net_addr a
    if not 0 <= port <= 65535:
        raise ValueError(f"port {port}: allowed are 0 to 65535")
    check(lib.net_addr_parse(&a, view(host), port), f"address {host!r}")
    return addr_bytes(&a)


def addr_text(address: bytes) -> tuple:
    """(host, port) of an address."""
    cdef net_addr a
    cdef char host[64]
    addr_from(&a, address)
    return host[:lib.net_addr_format(&a, False, host)].decode(), a.port


cdef void wipe_keys(object capsule) noexcept:
    cdef lib.srtp_keys *keys = <lib.srtp_keys *>PyCapsule_GetPointer(capsule, "switchroom.srtp_keys")
    lib.srtp_key_wipe(&keys.rx)
    lib.srtp_key_wipe(&keys.tx)
    free(keys)


cdef object keys_of(lib.sip_core *core, uint64_t call):
    """The keys of an encrypted call as a capsule: Python passes them on to the media half and cannot look inside. They
    are wiped with it."""
    cdef lib.srtp_keys *keys = <lib.srtp_keys *>malloc(sizeof(lib.srtp_keys))
    if keys == NULL:
        raise MemoryError("SRTP keys")
    if lib.sip_call_srtp(core, call, keys) != 0:
        free(keys)
        return None
    return PyCapsule_New(keys, "switchroom.srtp_keys", wipe_keys)


cdef object media_tuple(lib.sip_core *core, uint64_t call, const sip_media *m):
    if m.rtp.family == lib.ADDR_NONE:
        return None
    return (addr_bytes(&m.rtp), addr_bytes(&m.rtcp), m.codec, m.te_pt, m.dir, m.ptime_ms, <bint>m.rtcp_mux,
            m.srtp, keys_of(core, call) if m.srtp else None,
            (m.pt, m.own_pt, m.te_khz, m.fec, m.play_khz))


cdef object event_tuple(lib.sip_core *core, const sip_event *e):
    if e.kind == lib.SIP_EV_INCOMING:
        words = (text(e.call_id), text(e.ruri), text(e.ruri_user), text(e.from_), text(e.from_user), text(e.to),
                 text(e.to_user), text(e.contact), text(e.headers))
    else:
        words = (text(e.call_id), text(e.reason))
    return (e.kind, e.call, e.tag, e.status, e.q850, e.side, e.at, media_tuple(core, e.call, &e.media), e.flow,
            addr_bytes(&e.src), words)


cdef int local_from(sip_local *out, object local) except -1:
    """(rtp address, codecs as bytes of codec ids, telephone-event type, direction, SRTP policy, rtcp-mux)"""
    rtp, codecs, out.te_pt, out.dir, out.srtp, out.rtcp_mux = local
    addr_from(&out.rtp, rtp)
    if not 0 < len(codecs) <= 4:
        raise ValueError(f"{len(codecs)} codecs: 1 to 4 can be offered")
    out.ncodecs = len(codecs)
    for i in range(out.ncodecs):
        out.codecs[i] = codecs[i]
    return 0


cdef class Sip:
    """One SIP core, its UDP sockets and its timer on `loop`. `on_events(list)` gets event tuples (see sip.pyi)."""

    cdef lib.sip_core *core
    cdef lib.udp_in *inbox
    cdef Flow flows[FLOWS]
    cdef uint32_t flow_count
    cdef object loop, on_events, timer
    cdef list events
    cdef bint awake, announced  # inside wake(); a turn of the loop for events is booked
    cdef uint32_t put_off       # batches that due timers have waited for
    cdef uint64_t armed         # when the timer fires; UINT64_MAX: none
    cdef uint64_t tx_dropped
    cdef int tx_error

    def __cinit__(self, loop, on_events, *, user_agent=None, max_calls=0, t1_ms=0, t2_ms=0, t4_ms=0,
                  retry_after_s=0, allow_options=True, codecs=b""):
        cdef lib.sip_core_opts o
        memset(&o, 0, sizeof(o))
        seed = os.urandom(16)
        o.seed[0] = int.from_bytes(seed[:8], "little")
        o.seed[1] = int.from_bytes(seed[8:], "little")
        o.user_agent = view(user_agent)
        o.max_calls, o.t1_ms, o.t2_ms, o.t4_ms = max_calls, t1_ms, t2_ms, t4_ms
        o.retry_after_s, o.allow_options = retry_after_s, allow_options
        if len(codecs) > 4:
            raise ValueError(f"{len(codecs)} codecs: at most 4")
        o.ncodecs = len(codecs)
        for i in range(o.ncodecs):
            o.codecs[i] = codecs[i]
        self.loop, self.on_events, self.events, self.armed = loop, on_events, [], UINT64_MAX
        check(lib.udp_in_init(&self.inbox), "receive buffers")
        check(lib.sip_core_init(&self.core, &o), "SIP core")

    def __dealloc__(self):
        self.free()

    cdef void free(self) noexcept:
        for i in range(self.flow_count):
            c_close(self.flows[i].fd)
            lib.udp_out_free(self.flows[i].out)
        self.flow_count = 0
        lib.udp_in_free(self.inbox)
        self.inbox = NULL
        lib.sip_core_free(self.core)
        self.core = NULL

    def close(self) -> None:
        """Close the sockets and forget all calls; sends nothing. A second call does nothing."""
        if self.core == NULL:
            return
        for i in range(self.flow_count):
            self.loop.remove_reader(self.flows[i].fd)
            if self.flows[i].writing:
                self.loop.remove_writer(self.flows[i].fd)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.free()

    cdef int alive(self) except -1:
        if self.core == NULL:
            raise RuntimeError("this SIP core is closed")
        return 0

    def open_udp(self, bind_to: bytes, *, advertise=None, rcvbuf=4 << 20) -> tuple:
        """Listen on an address; (flow id, address bound). `advertise`: what Via and Contact say, default the same.

        A loop that stalls loses nothing that fits in `rcvbuf` bytes of the kernel's receive buffer.
        """
        cdef net_addr a, local
        cdef Flow *f
        self.alive()
        if self.flow_count == FLOWS:
            raise ValueError(f"{FLOWS} flows are open, more are not possible")
        f = &self.flows[self.flow_count]
        addr_from(&a, bind_to)
        host, port = addr_text(bind_to)
        check(lib.udp_open(&a, rcvbuf, &f.fd, &local), f"udp://{host}:{port}")
        bound = addr_bytes(&local)
        if advertise is not None:
            addr_from(&local, advertise)
            if local.port == 0:
                local.port = addr_text(bound)[1]
        f.writing = False
        rc = lib.udp_out_init(&f.out, QUEUE_DATAGRAMS, QUEUE_BYTES)
        if rc == 0:
            rc = lib.sip_core_flow(self.core, self.flow_count, &local, False)
        if rc < 0:
            c_close(f.fd)
            lib.udp_out_free(f.out)
            f.out = NULL
            fail(rc, f"udp://{host}:{port}")
        self.flow_count += 1
        self.loop.add_reader(f.fd, self._readable, self.flow_count - 1)
        return self.flow_count - 1, bound

    # ------------------------------------------------------------ the driver

    cdef int read(self, uint32_t flow) except -1:
        """One batch of a socket into the core. True: it was a full one, more may wait."""
        cdef int n, i
        cdef net_addr src
        cdef c_str data
        cdef uint64_t now
        with nogil:
            n = lib.udp_recv(self.inbox, self.flows[flow].fd)
        now = now_ns()
        for i in range(n):  # n < 0 is a past ICMP report: the socket itself stays good
            data = lib.udp_in_at(self.inbox, i, &src)
            lib.sip_core_recv(self.core, flow, &src, data.p, data.n, now)
            self.collect()
        return n == lib.UDP_BATCH

    def _readable(self, uint32_t flow) -> None:
        self.awake = True
        try:
            # One batch a wake, some 3 ms of work at most; the loop then serves others and comes back for the rest.
            self.read(flow)
            self.deliver()
        finally:
            self.awake = False
        self.settle()

    def _tick(self) -> None:
        """Timers are due. What the sockets hold came before them: a loop that was late would otherwise repeat requests
        that have been answered, and give up calls that have been taken."""
        cdef uint32_t i, open_ = self.flow_count
        cdef bint more = False
        self.timer, self.armed = None, UINT64_MAX
        self.awake = True
        try:
            for i in range(open_):
                more |= self.read(i)
            self.deliver()
            if self.core != NULL:  # a handler may have closed it
                self.put_off = self.put_off + 1 if more else 0
                if self.put_off == 0 or self.put_off > BATCHES_BEFORE_TIMERS:
                    lib.sip_core_tick(self.core, now_ns())
                    self.put_off = 0
                    self.collect()
                    self.deliver()
        finally:
            self.awake = False
        self.settle()

    def _writable(self, uint32_t flow) -> None:
        self.loop.remove_writer(self.flows[flow].fd)
        self.flows[flow].writing = False
        self.send()

    def _announce(self) -> None:
        self.announced = False
        if self.core == NULL:
            return
        self.awake = True
        try:
            self.deliver()
        finally:
            self.awake = False
        self.settle()

    cdef int collect(self) except -1:
        """Take what the last call into the core left: its views live only until the next one."""
        cdef sip_tx tx[TX_PER_DRAIN]
        cdef sip_event ev[EVENTS_PER_DRAIN]
        cdef size_t n, i
        while True:
            n = lib.sip_core_drain_tx(self.core, tx, TX_PER_DRAIN)
            for i in range(n):
                if lib.udp_push(self.flows[tx[i].flow].out, &tx[i].dst, tx[i].data, tx[i].n) != 0:
                    self.tx_dropped += 1
            if n < TX_PER_DRAIN:
                break
        while True:
            n = lib.sip_core_drain_events(self.core, ev, EVENTS_PER_DRAIN)
            for i in range(n):
                self.events.append(event_tuple(self.core, &ev[i]))
            if n < EVENTS_PER_DRAIN:
                break
        return 0

    cdef int deliver(self) except -1:
        while self.events:
            events, self.events = self.events, []
            self.on_events(events)
        return 0

    cdef int settle(self) except -1:
        """After a wake or a command: send, book the hand-over of events, set the timer."""
        cdef uint64_t due, now
        if self.core == NULL or self.awake:
            return 0
        self.send()
        if self.events and not self.announced:
            self.announced = True
            self.loop.call_soon(self._announce)
        due = lib.sip_core_next(self.core)
        if due < self.armed:  # a timer that fires too early finds nothing due and is set again
            if self.timer is not None:
                self.timer.cancel()
            now = now_ns()
            self.armed = due
            self.timer = self.loop.call_later(0.0 if due <= now else ((due - now + 999999) // 1000000) * 1e-3,
                                              self._tick)
        return 0

    cdef int send(self) except -1:
        cdef uint32_t i
        cdef int rc
        cdef Flow *f
        for i in range(self.flow_count):
            f = &self.flows[i]
            if f.writing or lib.udp_out_waiting(f.out) == 0:
                continue
            with nogil:
                rc = lib.udp_send(f.out, f.fd, &self.tx_dropped, &self.tx_error)
            if rc != 0:
                f.writing = True
                self.loop.add_writer(f.fd, self._writable, i)
        return 0

    cdef int done(self, int rc, object what) except -1:
        """What every command ends with."""
        self.collect()
        self.settle()
        check(rc, what)
        return 0

    # -------------------------------------------------------------- commands

    def accept_new(self, on: bool) -> None:
        """False: new calls are answered 503."""
        self.alive()
        lib.sip_core_accept_new(self.core, on)

    def create(self, uint32_t flow, bytes dst, ruri, from_, local, *, to=None, route=None, username=None,
               password=None, headers=None, uint32_t ring_ms=0, uint64_t tag=0, uint8_t hops=0) -> int:
        """Send an INVITE; the call's handle. Text is str or bytes; `headers` complete lines ending CRLF."""
        cdef lib.sip_call_opts o
        cdef uint64_t call = 0
        self.alive()
        memset(&o, 0, sizeof(o))
        o.flow, o.ring_ms, o.tag, o.hops = flow, ring_ms, tag, hops
        addr_from(&o.dst, dst)
        o.ruri, o.from_, o.to, o.route = view(ruri), view(from_), view(to), view(route)
        o.username, o.password, o.headers = view(username), view(password), view(headers)
        local_from(&o.local, local)
        self.done(lib.sip_call_create(self.core, &o, now_ns(), &call), f"call to {ruri}")
        return call

    def progress(self, uint64_t call, unsigned status, local=None) -> None:
        cdef sip_local l
        self.alive()
        if local is not None:
            local_from(&l, local)
        self.done(lib.sip_call_progress(self.core, call, status, NULL if local is None else &l, now_ns()),
                  f"{status} for call {call:#x}")

    def answer(self, uint64_t call, local) -> None:
        cdef sip_local l
        self.alive()
        local_from(&l, local)
        self.done(lib.sip_call_answer(self.core, call, &l, now_ns()), f"answer to call {call:#x}")

    def media(self, uint64_t call) -> tuple | None:
        """What is agreed on now. NotFound once ended."""
        cdef lib.sip_media m
        self.alive()
        check(lib.sip_call_media(self.core, call, &m), f"call {call:#x}")
        return media_tuple(self.core, call, &m)

    def agrees(self, uint64_t call, local) -> bool:
        """Would answer() with this? False: reject with 488."""
        cdef sip_local l
        self.alive()
        local_from(&l, local)
        rc = lib.sip_call_check(self.core, call, &l)
        if rc == -EPROTONOSUPPORT:
            return False
        check(rc, f"call {call:#x}")
        return True

    def reject(self, uint64_t call, unsigned status, headers=None) -> None:
        self.alive()
        self.done(lib.sip_call_reject(self.core, call, status, view(headers), now_ns()),
                  f"{status} for call {call:#x}")

    def hangup(self, uint64_t call, unsigned q850=0) -> None:
        self.alive()
        self.done(lib.sip_call_hangup(self.core, call, q850, now_ns()), f"hang-up of call {call:#x}")

    def modify(self, uint64_t call, local) -> None:
        cdef sip_local l
        self.alive()
        local_from(&l, local)
        self.done(lib.sip_call_modify(self.core, call, &l, now_ns()), f"re-INVITE of call {call:#x}")

    def options(self, uint32_t flow, bytes dst, ruri, uint64_t tag) -> None:
        cdef net_addr a
        self.alive()
        addr_from(&a, dst)
        self.done(lib.sip_options_send(self.core, flow, &a, view(ruri), tag, now_ns()), f"OPTIONS to {ruri}")

    def stats(self) -> dict:
        """Counters of the core (switchroom.h, struct sip_stats) and `tx_dropped`: datagrams the kernel refused."""
        cdef lib.c_sip_stats s
        self.alive()
        lib.sip_core_stats(self.core, &s)
        counters = dict(s)
        counters["tx_dropped"], counters["tx_error"] = self.tx_dropped, self.tx_error
        return counters

    def bad(self) -> list:
        """The last bad datagrams: (monotonic ns, source host, source port, size, what is wrong, first 200 bytes)."""
        cdef lib.sip_bad kept[lib.SIP_BAD_KEPT]
        self.alive()
        return [(kept[i].at, *addr_text(addr_bytes(&kept[i].src)), kept[i].size, kept[i].why.decode(),
                 kept[i].data[:kept[i].n]) for i in range(lib.sip_core_bad(self.core, kept, lib.SIP_BAD_KEPT))]
