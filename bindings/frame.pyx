# frame.pyx  The scanner of csrc/rpc/frame.h over Python buffers.
import errno

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

cdef extern from "rpc/frame.h" nogil:
    enum rpc_fault:
        RPC_FAULT_NONE

    struct rpc_limits:
        uint32_t frame
        uint32_t depth
        uint32_t array
        uint32_t map
        uint32_t str

    struct rpc_scan_state "rpc_scan":
        rpc_fault fault
        uint64_t found
        uint64_t allowed

    enum:
        RPC_DEPTH_MAX

    const char *rpc_fault_text(rpc_fault f)
    int rpc_scan(rpc_scan_state *s, const rpc_limits *l, const void *data, size_t n, size_t *len)

EAGAIN = errno.EAGAIN
DEPTH_MAX = RPC_DEPTH_MAX


cdef class Scanner:
    """Finds where the next MessagePack-RPC message of one stream ends."""

    cdef rpc_limits limits
    cdef rpc_scan_state state

    def __init__(self, *, frame, depth, array, map, str):
        memset(&self.state, 0, sizeof(self.state))
        self.limit(frame=frame, depth=depth, array=array, map=map, str=str)

    def limit(self, *, frame, depth, array, map, str) -> None:
        """Other limits, from the next value on."""
        if not 1 <= depth <= DEPTH_MAX:
            raise ValueError(f"depth {depth}: allowed are 1 to {DEPTH_MAX}")
        self.limits.frame, self.limits.depth, self.limits.array = frame, depth, array
        self.limits.map, self.limits.str = map, str

    def scan(self, const unsigned char[::1] data not None, size_t start) -> int:
        """Length of the message that begins at `start`; 0: more bytes are needed, -errno: refused (see `fault`).

        The same message must begin at `start` until its length is known; bytes seen before are not looked at again.
        """
        cdef size_t n = <size_t>data.shape[0]
        cdef size_t length = 0
        cdef const unsigned char *p = &data[0] if n else NULL
        cdef int rc
        if start > n:
            raise ValueError(f"start {start} is behind the end, {n}")
        rc = rpc_scan(&self.state, &self.limits, p + start, n - start, &length)
        if rc == 0:
            return <long>length
        if rc == -EAGAIN:
            return 0
        if rc == -errno.ENOMEM:
            raise MemoryError("checking the keys of a message")
        return rc

    @property
    def fault(self) -> tuple:
        """(why, found, allowed) of a refusal; the numbers are 0 where no limit is the reason."""
        return (rpc_fault_text(self.state.fault).decode(), self.state.found, self.state.allowed)
