/** header.h  Names of headers and methods to ids. Internal to sip/. */
#ifndef SIP_HEADER_H
#define SIP_HEADER_H

#include "sip/message.h"

/** Id of a header name, long or compact, without regard to case. `room`: readable bytes from name.p on. */
enum sip_hdr_id sip_hdr_find(struct str name, size_t room);
enum sip_method sip_method_find(struct str name);
/** Long name of a known header; empty for SIP_HDR_OTHER. */
struct str sip_hdr_name(enum sip_hdr_id id);

#endif
