/** sdp_answer.c  Agreement, offer and answer (RFC 3264). */
#include <errno.h>

#include "base/netaddr.h"
#include "sip/sdp_format.h"

/* ------------------------------------------------------------- agreement */

/* The first of theirs that we have; its place in `s`, -1: none. */
static int common_codec(const struct sdp *s, const struct sip_local *local)
{
	for (unsigned i = 0; i < s->npt; i++)
		for (unsigned k = 0; k < local->ncodecs; k++)
			if (s->codec[i] == local->codecs[k])
				return (int)i;
	return -1;
}

/* Events at the clock of the codec (RFC 4733 2.1). Peers that have Opus but events at 8 kHz only mean those. */
static void agree_events(const struct sdp *s, struct sip_media *out)
{
	bool wide = out->codec == CODEC_OPUS && s->te_wide_pt != 255;
	out->te_pt = wide ? s->te_wide_pt : s->te_pt;
	out->te_khz = wide ? 48 : 8;
	if (out->te_pt == out->pt) /* mapped twice: it cannot be both */
		out->te_pt = 255;
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
	*out = (struct sip_media){.codec = CODEC_NONE, .te_pt = 255, .te_khz = 8, .ptime_ms = 20};
	if (s->audio < 0)
		return -EPROTO;
	int i = common_codec(s, local);
	if (i < 0)
		return -EPROTO;
	*out = (struct sip_media){.rtp = s->rtp, .rtcp = s->rtcp, .codec = s->codec[i], .te_pt = 255, .te_khz = 8};
	out->pt = s->pt[i];
	out->own_pt = sdp_own_pt(out->codec);
	out->fec = s->fec[i];
	out->play_khz = s->play_khz[i];
	out->ptime_ms = packet_time(s->ptime_ms);
	if (local->te_pt != 255)
		agree_events(s, out);
	out->dir = mirrored(s->dir) & local->dir;
	if (is_unspecified(&s->rtp)) /* hold of RFC 2543, RFC 3264 8.4 */
		out->dir &= (uint8_t)~DIR_SEND;
	out->rtcp_mux = s->rtcp_mux && local->rtcp_mux;
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

static void put_direction(struct build *b, uint8_t dir)
{
	static const char *const lines[] = {[DIR_INACTIVE] = "a=inactive\r\n",
					    [DIR_SEND] = "a=sendonly\r\n",
					    [DIR_RECV] = "a=recvonly\r\n",
					    [DIR_SENDRECV] = "a=sendrecv\r\n"};
	build_lit(b, lines[dir & DIR_SENDRECV]);
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

static void put_keys(struct build *b, const struct sdp_secure *keys)
{
	for (unsigned i = 0; keys && i < keys->n; i++)
		sdp_crypto_put(b, keys->tag + i, &keys->key[i]);
}

static void put_mux(struct build *b, bool mux)
{
	build_lit(b, mux ? "a=rtcp-mux\r\n" : "");
}

void sdp_offer(struct build *b, const struct sip_local *local, const struct sdp_secure *keys, uint64_t id,
	       uint64_t version)
{
	struct sdp_formats f = {.n = local->ncodecs, .te_pt = local->te_pt, .te_wide_pt = 255};
	f.profile = keys && keys->n && keys->savp ? STR("RTP/SAVP") : STR("RTP/AVP");
	for (unsigned i = 0; i < f.n; i++) {
		f.codec[i] = local->codecs[i];
		f.pt[i] = sdp_own_pt(f.codec[i]);
		if (f.codec[i] == CODEC_OPUS && local->te_pt != 255)
			f.te_wide_pt = SDP_OWN_TE_WIDE;
	}
	put_session(b, local, id, version, STR("0 0"));
	sdp_put_formats(b, &f, local->rtp.port);
	put_keys(b, keys);
	put_mux(b, local->rtcp_mux);
	build_lit(b, "a=ptime:20\r\n");
	put_direction(b, local->dir);
}

void sdp_answer(struct build *b, const struct sdp *offer, const struct sip_media *agreed, const struct sip_local *local,
		const struct sdp_secure *keys, uint64_t id, uint64_t version)
{
	put_session(b, local, id, version, offer->timing);
	for (unsigned i = 0; i < offer->nmedia; i++) {
		if ((int)i != offer->audio) {
			put_refused(b, &offer->media[i]);
			continue;
		}
		struct sdp_formats f = {.n = 1, .te_pt = 255, .te_wide_pt = 255, .profile = offer->media[i].proto};
		f.codec[0] = agreed->codec;
		f.pt[0] = agreed->pt;
		*(agreed->te_khz == 48 ? &f.te_wide_pt : &f.te_pt) = agreed->te_pt;
		sdp_put_formats(b, &f, local->rtp.port);
		put_keys(b, keys);
		put_mux(b, agreed->rtcp_mux);
		put_line(b, "a=ptime:", agreed->ptime_ms, "\r\n");
		put_direction(b, agreed->dir);
	}
}
