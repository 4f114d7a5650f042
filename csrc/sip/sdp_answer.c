/** sdp_answer.c  Agreement, offer and answer (RFC 3264). */
#include <errno.h>

#include "base/netaddr.h"
#include "sip/sdp.h"

/* ------------------------------------------------------------- agreement */

/* The first of theirs that we have. Under a dynamic number G.711 is passed over: media sends the static one. */
static uint8_t common_codec(const struct sdp *s, const struct sip_local *local)
{
	for (unsigned i = 0; i < s->npt; i++)
		for (unsigned k = 0; k < local->ncodecs; k++)
			if (s->codec[i] == local->codecs[k] && s->pt[i] == s->codec[i])
				return s->codec[i];
	return CODEC_NONE;
}

static uint8_t mirrored(uint8_t dir)
{
	return (uint8_t)((dir & DIR_SEND ? DIR_RECV : 0) | (dir & DIR_RECV ? DIR_SEND : 0));
}

static bool is_unspecified(const struct net_addr *a)
{
	static const uint8_t zero[16];
	return memcmp(a->ip, zero, a->family == ADDR_V4 ? 4 : 16) == 0;
}

/* Down to a packet time that media makes: 10, 20, 30, 40 or 60 ms. */
static uint8_t packet_time(uint8_t ms)
{
	return ms >= 60 ? 60 : ms >= 40 ? 40 : ms < 20 ? 10 : (uint8_t)(ms / 10 * 10);
}

int sdp_agree(const struct sdp *s, const struct sip_local *local, struct sip_media *out)
{
	*out = (struct sip_media){.codec = CODEC_NONE, .te_pt = 255, .ptime_ms = 20};
	if (s->audio < 0)
		return -EPROTO;
	uint8_t codec = common_codec(s, local);
	if (codec == CODEC_NONE)
		return -EPROTO;
	*out = (struct sip_media){.rtp = s->rtp, .rtcp = s->rtcp, .codec = codec};
	out->ptime_ms = packet_time(s->ptime_ms);
	out->te_pt = local->te_pt == 255 ? 255 : s->te_pt;
	out->dir = mirrored(s->dir) & local->dir;
	if (is_unspecified(&s->rtp)) /* hold of RFC 2543, RFC 3264 8.4 */
		out->dir &= (uint8_t)~DIR_SEND;
	/* rtcp_mux stays off: struct sip_local cannot say that we have it, so no offer or answer of ours does */
	return 0;
}

/* ----------------------------------------------------------------- build */

static void put_line(struct build *b, const char *key, uint64_t v, const char *tail)
{
	build_lit(b, key);
	build_uint(b, v);
	build_lit(b, tail);
}

/* "IN IP4 192.0.2.1", end of line. */
static void put_connection(struct build *b, const struct net_addr *a)
{
	char text[56];
	size_t n = net_addr_format(a, false, text);
	build_lit(b, a->family == ADDR_V6 ? "IN IP6 " : "IN IP4 ");
	build_str(b, n ? (struct str){text, n} : STR("0.0.0.0"));
	build_lit(b, "\r\n");
}

static void put_session(struct build *b, const struct sip_local *local, uint64_t id, uint64_t version,
			struct str timing)
{
	put_line(b, "v=0\r\no=- ", id, " ");
	put_line(b, "", version, " ");
	put_connection(b, &local->rtp);
	build_lit(b, "s=-\r\nc=");
	put_connection(b, &local->rtp);
	build_lit(b, "t=");
	build_str(b, timing.n ? timing : STR("0 0"));
	build_lit(b, "\r\n");
}

static void put_codec_map(struct build *b, uint8_t codec)
{
	put_line(b, "a=rtpmap:", codec, codec == CODEC_PCMU ? " PCMU/8000\r\n" : " PCMA/8000\r\n");
}

/* Events 0-15: the keys (RFC 4733 3.2). */
static void put_te_map(struct build *b, uint8_t pt)
{
	if (pt == 255)
		return;
	put_line(b, "a=rtpmap:", pt, " telephone-event/8000\r\n");
	put_line(b, "a=fmtp:", pt, " 0-15\r\n");
}

static void put_direction(struct build *b, uint8_t dir)
{
	static const char *const lines[] = {[DIR_INACTIVE] = "a=inactive\r\n",
					    [DIR_SEND] = "a=sendonly\r\n",
					    [DIR_RECV] = "a=recvonly\r\n",
					    [DIR_SENDRECV] = "a=sendrecv\r\n"};
	build_lit(b, lines[dir & DIR_SENDRECV]);
}

static void put_audio(struct build *b, uint16_t port, const uint8_t *codecs, unsigned n, uint8_t te_pt)
{
	put_line(b, "m=audio ", port, " RTP/AVP");
	for (unsigned i = 0; i < n; i++)
		put_line(b, " ", codecs[i], "");
	if (te_pt != 255)
		put_line(b, " ", te_pt, "");
	build_lit(b, "\r\n");
	for (unsigned i = 0; i < n; i++)
		put_codec_map(b, codecs[i]);
	put_te_map(b, te_pt);
}

static void put_refused(struct build *b, const struct sdp_media_line *m)
{
	build_lit(b, "m=");
	build_str(b, m->kind);
	build_lit(b, " 0 ");
	build_str(b, m->proto);
	build_lit(b, " ");
	build_str(b, m->formats);
	build_lit(b, "\r\n");
}

void sdp_offer(struct build *b, const struct sip_local *local, uint64_t id, uint64_t version)
{
	put_session(b, local, id, version, STR("0 0"));
	put_audio(b, local->rtp.port, local->codecs, local->ncodecs, local->te_pt);
	build_lit(b, "a=ptime:20\r\n");
	put_direction(b, local->dir);
}

void sdp_answer(struct build *b, const struct sdp *offer, const struct sip_media *agreed, const struct sip_local *local,
		uint64_t id, uint64_t version)
{
	put_session(b, local, id, version, offer->timing);
	for (unsigned i = 0; i < offer->nmedia; i++) {
		if ((int)i != offer->audio) {
			put_refused(b, &offer->media[i]);
			continue;
		}
		put_audio(b, local->rtp.port, &agreed->codec, 1, agreed->te_pt);
		put_line(b, "a=ptime:", agreed->ptime_ms, "\r\n");
		put_direction(b, agreed->dir);
	}
}
