# values.pxd  Conversions every binding shares: return codes, text, addresses.
#
# An address on the Python side is 20 opaque bytes (struct net_addr): it goes from one C call to another
# without being made text. addr_parse() and addr_text() are for people.
cimport libc.errno as errno
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.string cimport memcpy

from lib cimport ADDR_NONE, c_str, net_addr


cdef extern from "<errno.h>":
    int _EPROTONOSUPPORT "EPROTONOSUPPORT"


cdef inline int fail(int rc, object what) except -1:
    """Raise what the errno means; the one table of the bindings."""
    import os

    from switchroom import errors

    kind = {
        errno.EINVAL: errors.BadParams,
        errno.EBADMSG: errors.BadParams,
        errno.ENOENT: errors.NotFound,
        errno.EPROTO: errors.WrongState,
        _EPROTONOSUPPORT: errors.WrongState,
        errno.ENOBUFS: errors.Capacity,
    }.get(-rc)
    if kind is not None:
        raise kind(f"{what}: {os.strerror(-rc)}", errno=-rc)
    if -rc == errno.ENOMEM:
        raise MemoryError(what)
    raise OSError(-rc, f"{what}: {os.strerror(-rc)}")


cdef inline int check(int rc, object what) except? -1:
    return rc if rc >= 0 else fail(rc, what)


cdef inline object text(c_str s):
    """Peers send any bytes; what is not UTF-8 becomes U+FFFD, so that it can be stored and shown."""
    return PyUnicode_DecodeUTF8(s.p, <Py_ssize_t>s.n, "replace") if s.n else ""


cdef inline c_str view(object value) except *:
    """Borrowed view of a str or bytes; the caller keeps `value` alive. None is empty."""
    cdef c_str s
    cdef Py_ssize_t n = 0
    s.p = NULL
    if value is None:
        pass
    elif isinstance(value, bytes):
        s.p = PyBytes_AS_STRING(value)
        n = PyBytes_GET_SIZE(value)
    elif isinstance(value, str):
        s.p = PyUnicode_AsUTF8AndSize(value, &n)
    else:
        raise TypeError(f"text must be str or bytes, not {type(value).__name__}")
    s.n = <size_t>n
    return s


cdef inline object addr_bytes(const net_addr *a):
    return None if a.family == ADDR_NONE else PyBytes_FromStringAndSize(<const char *>a, sizeof(net_addr))


cdef inline int addr_from(net_addr *out, object value) except -1:
    """None is ADDR_NONE."""
    if value is None:
        out.family = ADDR_NONE
        return 0
    if not isinstance(value, bytes) or PyBytes_GET_SIZE(value) != sizeof(net_addr):
        raise TypeError(f"an address is {sizeof(net_addr)} bytes from addr_parse(), not {value!r}")
    memcpy(out, PyBytes_AS_STRING(value), sizeof(net_addr))
    return 0
