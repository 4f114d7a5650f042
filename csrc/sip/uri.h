/** uri.h  Pieces of a URI that other headers share. Internal to sip/. Each moves *p behind what it read. */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/str.h"

/** Name, IPv4 address or "[IPv6]"; *host comes without brackets. */
bool sip_host_parse(const char **p, const char *end, struct str *host);
/** 1-65535 */
bool sip_port_parse(const char **p, const char *end, uint16_t *port);

#endif
