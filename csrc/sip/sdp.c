/** sdp.c  Reads a session description (RFC 8866 5; the parts that RFC 3264 needs). */
#include "sip/sdp.h"

#include <errno.h>

#include "base/netaddr.h"
#include "dsp/codec.h"
#include "sip/chars.h"
#include "sip/lines.h"
#include "sip/sdp_format.h"

/* What a section (the session, or one m=) has said so far. */
struct section {
	struct net_addr addr; /* of c=; family NONE when it is no unicast IP literal */
	bool has_addr;
	uint8_t dir;
	bool has_dir;
};

struct parse {
	struct sdp *s;
	struct section session, media;
	bool in_media;
	bool has_origin;
	struct net_addr rtcp; /* of a=rtcp: port, and address when one was given */
	uint32_t ptime, maxptime;
	unsigned profiles;
};

static bool fault(struct parse *x, const char *why)
{
	x->s->why = why;
	return false;
}

/* The next word; words are parted by spaces. */
static bool next_word(struct str *rest, struct str *out)
{
	if (rest->n == 0)
		return false;
	const char *p = rest->p, *end = p + rest->n;
	while (p < end && *p == ' ')
		p++;
	const char *q = p;
	while (q < end && *q != ' ')
		q++;
	*out = ch_span(p, q);
	*rest = ch_span(q < end ? q + 1 : end, end);
	return out->n != 0;
}

/* ------------------------------------------------------------- addresses */

static bool is_multicast(const struct net_addr *a)
{
	return a->family == ADDR_V4 ? (a->ip[0] & 0xf0) == 0xe0 : a->ip[0] == 0xff;
}

/* "IN IP4 192.0.2.1". A name, or a multicast group, is well formed but leaves family NONE. */
static bool parse_connection(struct str rest, struct net_addr *out)
{
	struct str net, type, host;
	if (!next_word(&rest, &net) || !next_word(&rest, &type) || !next_word(&rest, &host) || str_trim(rest).n)
		return false;
	bool v6 = str_eq(type, STR("IP6"));
	if (!str_eq(net, STR("IN")) || (!v6 && !str_eq(type, STR("IP4"))))
		return false;
	if (net_addr_parse(out, host, 0) != 0)
		return true;
	if (is_multicast(out))
		*out = (struct net_addr){0};
	return out->family == ADDR_NONE || (out->family == ADDR_V6) == v6;
}

/* ------------------------------------------------------------ attributes */

/* "53020" or "53020 IN IP4 192.0.2.1" (RFC 3605) */
static bool parse_rtcp(struct parse *x, struct str rest)
{
	struct str port;
	struct net_addr a = {0};
	uint64_t v;
	if (!next_word(&rest, &port) || !str_uint(port, UINT16_MAX, &v) || v == 0)
		return fault(x, "Bad a=rtcp");
	if (rest.n && !parse_connection(rest, &a))
		return fault(x, "Bad a=rtcp");
	x->rtcp = a;
	x->rtcp.port = (uint16_t)v;
	return true;
}

/* A hint: one that cannot be read is none. A fraction (RFC 8866 6.4) is dropped. */
static void parse_ptime(struct str v, uint32_t *out)
{
	uint64_t ms;
	if (v.n && str_uint(ch_span(v.p, ch_skip(v.p, v.p + v.n, CH_DIGIT)), 10000, &ms) && ms)
		*out = (uint32_t)ms;
}

static bool in_audio(const struct parse *x)
{
	return x->in_media && x->s->audio == (int)x->s->nmedia - 1;
}

/* "key:value", `key` with its colon. */
static bool has_key(struct str line, struct str key, struct str *value)
{
	if (line.n < key.n || memcmp(line.p, key.p, key.n) != 0)
		return false;
	*value = ch_span(line.p + key.n, line.p + line.n);
	return true;
}

/* The flags we know are all of eight letters. */
static void parse_flag(struct parse *x, struct section *in, struct str flag)
{
	if (str_eq(flag, STR("rtcp-mux"))) {
		if (in_audio(x))
			x->s->rtcp_mux = true;
		return;
	}
	if (str_eq(flag, STR("sendrecv")))
		in->dir = DIR_SENDRECV;
	else if (str_eq(flag, STR("sendonly")))
		in->dir = DIR_SEND;
	else if (str_eq(flag, STR("recvonly")))
		in->dir = DIR_RECV;
	else if (str_eq(flag, STR("inactive")))
		in->dir = DIR_INACTIVE;
	else
		return;
	in->has_dir = true;
}

static bool format(struct parse *x, const char *why)
{
	return why ? fault(x, why) : true;
}

static void parse_crypto(struct sdp *s, struct str value)
{
	if (s->ncrypto < SDP_CRYPTO_MAX && sdp_crypto_parse(&s->crypto[s->ncrypto], value))
		s->ncrypto++;
}

static bool parse_attribute(struct parse *x, struct str line)
{
	struct str value;
	if (line.n == 8)
		parse_flag(x, x->in_media ? &x->media : &x->session, line);
	if (!in_audio(x))
		return true;
	if (has_key(line, STR("rtpmap:"), &value))
		return format(x, sdp_rtpmap(x->s, value));
	if (has_key(line, STR("fmtp:"), &value))
		return format(x, sdp_fmtp(x->s, value));
	if (has_key(line, STR("rtcp:"), &value))
		return parse_rtcp(x, value);
	if (has_key(line, STR("crypto:"), &value))
		parse_crypto(x->s, value);
	else if (has_key(line, STR("ptime:"), &value))
		parse_ptime(value, &x->ptime);
	else if (has_key(line, STR("maxptime:"), &value))
		parse_ptime(value, &x->maxptime);
	return true;
}

/* ---------------------------------------------------------- media sections */

static uint8_t static_codec(unsigned pt)
{
	const struct codec_info *k = pt < 96 ? codec_info(pt) : NULL;
	return k && k->pt == pt ? k->codec : CODEC_NONE;
}

/* Payload types beyond the table are those they like least; leaving them out is our right. */
static bool parse_formats(struct parse *x, struct str rest)
{
	struct sdp *s = x->s;
	unsigned pt;
	while (rest.n) {
		if (!sdp_payload_type(&rest, &pt))
			return fault(x, "Bad Payload Type In m=");
		if (s->npt == SDP_PT_MAX)
			continue;
		s->pt[s->npt] = (uint8_t)pt;
		s->play_khz[s->npt] = 0;
		s->fec[s->npt] = false;
		s->codec[s->npt++] = static_codec(pt);
	}
	return true;
}

static bool parse_media_line(struct parse *x, struct str line, struct sdp_media_line *m)
{
	struct str port;
	uint64_t v, count;
	if (!next_word(&line, &m->kind) || !next_word(&line, &port) || !next_word(&line, &m->proto))
		return fault(x, "Bad m=");
	m->formats = str_trim(line);
	const char *end = port.p + port.n, *slash = memchr(port.p, '/', port.n);
	if (slash && !str_uint(ch_span(slash + 1, end), UINT16_MAX, &count))
		return fault(x, "Bad m=");
	if (!str_uint(slash ? ch_span(port.p, slash) : port, UINT16_MAX, &v))
		return fault(x, "Bad Port In m=");
	/* they go back in our answer as they came */
	if (m->formats.n == 0 || !ch_all(m->kind, CH_VISIBLE) || !ch_all(m->proto, CH_VISIBLE) ||
	    !ch_all(m->formats, CH_VISIBLE | CH_WS))
		return fault(x, "Bad m=");
	m->port = (uint16_t)v;
	return true;
}

static void clear_audio(struct parse *x)
{
	struct sdp *s = x->s;
	s->audio = -1;
	s->npt = 0;
	s->te_pt = s->te_wide_pt = 255;
	s->rtcp_mux = s->savp = false;
	s->ncrypto = 0;
	x->rtcp = (struct net_addr){0};
	x->ptime = x->maxptime = 0;
}

static void take_addresses(struct parse *x, const struct net_addr *addr)
{
	struct sdp *s = x->s;
	uint16_t port = s->media[s->audio].port;
	s->rtp = *addr;
	s->rtp.port = port;
	s->rtcp = x->rtcp.family != ADDR_NONE ? x->rtcp : *addr;
	s->rtcp.port = x->rtcp.port ? x->rtcp.port : (uint16_t)(port + 1);
	if (s->rtcp.port == 0)
		s->rtcp = (struct net_addr){0}; /* 65535 has no next port */
}

static uint8_t packet_time(const struct parse *x)
{
	uint32_t ms = x->ptime ? x->ptime : 20;
	if (x->maxptime && ms > x->maxptime)
		ms = x->maxptime;
	return (uint8_t)(ms < 10 ? 10 : ms > 60 ? 60 : ms);
}

/* The section ends: when it is the audio in use, session-level values fill what it left open. */
static bool end_section(struct parse *x)
{
	struct sdp *s = x->s;
	if (!in_audio(x))
		return true;
	if (!x->media.has_addr && !x->session.has_addr)
		return fault(x, "Audio Without c=");
	const struct net_addr *addr = x->media.has_addr ? &x->media.addr : &x->session.addr;
	if (addr->family == ADDR_NONE) {
		clear_audio(x);
		return true;
	}
	take_addresses(x, addr);
	s->ptime_ms = packet_time(x);
	s->dir = x->media.has_dir ? x->media.dir : x->session.has_dir ? x->session.dir : DIR_SENDRECV;
	return true;
}

static unsigned profile_of(const struct sdp_media_line *m)
{
	return str_ieq(m->proto, STR("RTP/AVP")) ? SDP_AVP : str_ieq(m->proto, STR("RTP/SAVP")) ? SDP_SAVP : 0;
}

static bool begin_section(struct parse *x, struct str line)
{
	struct sdp *s = x->s;
	if (!end_section(x))
		return false;
	if (s->nmedia == SDP_MEDIA_MAX)
		return fault(x, "Too Many m=");
	struct sdp_media_line *m = &s->media[s->nmedia];
	if (!parse_media_line(x, line, m))
		return false;
	s->nmedia++;
	x->in_media = true;
	x->media = (struct section){0};
	unsigned profile = profile_of(m);
	if (s->audio >= 0 || m->port == 0 || !str_ieq(m->kind, STR("audio")) || !(profile & x->profiles))
		return true;
	clear_audio(x);
	s->savp = profile == SDP_SAVP;
	s->audio = (int)s->nmedia - 1;
	return parse_formats(x, m->formats);
}

/* ----------------------------------------------------------------- lines */

static bool parse_origin(struct parse *x, struct str rest)
{
	struct str word[6];
	for (int i = 0; i < 6; i++)
		if (!next_word(&rest, &word[i]))
			return fault(x, "Bad o=");
	x->s->session_id = word[1];
	x->s->session_version = word[2];
	x->has_origin = true;
	return true;
}

static bool parse_timing(struct parse *x, struct str line)
{
	struct str rest = line, start, stop;
	uint64_t v;
	if (!next_word(&rest, &start) || !next_word(&rest, &stop) || str_trim(rest).n ||
	    !str_uint(start, UINT64_MAX, &v) || !str_uint(stop, UINT64_MAX, &v))
		return fault(x, "Bad t=");
	if (x->s->timing.n == 0)
		x->s->timing = str_trim(line);
	return true;
}

static bool parse_line(struct parse *x, char type, struct str value)
{
	struct section *in = x->in_media ? &x->media : &x->session;
	if (type == 'a') /* most lines are */
		return parse_attribute(x, value);
	switch (type) {
	case 'm':
		return begin_section(x, value);
	case 'c':
		if (!parse_connection(value, &in->addr))
			return fault(x, "Bad c=");
		in->has_addr = true;
		return true;
	case 'o':
		return parse_origin(x, value);
	case 't':
		return parse_timing(x, value);
	case 's':
	case 'i':
	case 'u':
	case 'e':
	case 'p':
	case 'b':
	case 'r':
	case 'z':
	case 'k':
		return true;
	default: /* RFC 8866 5: a description with a type we do not know is to be ignored */
		return fault(x, "Unknown Line Type");
	}
}

/* Without its line end, spaces at the end forgiven. */
static struct str line_of(const char *p, const char *end)
{
	while (end > p && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	return ch_span(p, end);
}

static bool parse_lines(struct parse *x, struct str text)
{
	struct lines l;
	const char *p = text.p, *end = p + text.n, *lf;
	bool first = true, ended = false;
	lines_init(&l, p, end);
	for (; p < end; p = lf + 1) {
		lf = lines_next(&l);
		if (!lf)
			lf = end; /* the last line may lack its end */
		struct str line = line_of(p, lf);
		if (line.n == 0) {
			ended = true; /* only empty lines may follow */
		} else if (ended || line.n < 2 || line.p[1] != '=') {
			return fault(x, "Bad Line");
		} else if (first) {
			if (!str_eq(line, STR("v=0")))
				return fault(x, "Bad v=");
			first = false;
		} else if (!parse_line(x, line.p[0], ch_span(line.p + 2, line.p + line.n))) {
			return false;
		}
		if (lf == end)
			break;
	}
	if (l.bare_cr)
		return fault(x, "CR Without LF");
	if (first || !x->has_origin)
		return fault(x, first ? "Empty" : "Missing o=");
	return end_section(x);
}

int sdp_parse(struct sdp *s, struct str text)
{
	return sdp_parse_as(s, text, SDP_AVP);
}

int sdp_parse_as(struct sdp *s, struct str text, unsigned profiles)
{
	struct parse x = {.s = s, .profiles = profiles};
	*s = (struct sdp){.audio = -1, .te_pt = 255, .te_wide_pt = 255, .dir = DIR_SENDRECV, .ptime_ms = 20};
	if (text.n && parse_lines(&x, text))
		return 0;
	*s = (struct sdp){.audio = -1, .te_pt = 255, .te_wide_pt = 255, .why = text.n ? s->why : "Empty"};
	return -EBADMSG;
}
