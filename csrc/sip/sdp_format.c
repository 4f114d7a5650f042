/** sdp_format.c  a=rtpmap, a=fmtp. */
#include "sip/sdp_format.h"

#include "dsp/codec.h"
#include "sip/chars.h"

bool sdp_payload_type(struct str *rest, unsigned *out)
{
	size_t n = 0;
	unsigned v = 0;
	while (n < rest->n && n < 4 && ch_is(rest->p[n], CH_DIGIT))
		v = v * 10 + (unsigned)(rest->p[n++] - '0');
	if (n == 0 || v > 127 || (n < rest->n && rest->p[n] != ' '))
		return false;
	while (n < rest->n && rest->p[n] == ' ')
		n++;
	*rest = str_from(*rest, n);
	*out = v;
	return true;
}

/* Up to `sep`, which is taken off too; all there is when there is none. */
static struct str cut(struct str *rest, char sep)
{
	if (rest->n == 0)
		return (struct str){0};
	const char *end = rest->p + rest->n;
	const char *at = memchr(rest->p, sep, rest->n);
	struct str first = ch_span(rest->p, at ? at : end);
	*rest = at ? ch_span(at + 1, end) : ch_span(end, end);
	return first;
}

static bool is_number(struct str s, uint64_t want)
{
	uint64_t v = 0;
	return str_uint(s, UINT32_MAX, &v) && v == want;
}

/* Behind the name: clock, and channels where it is not one. */
static uint8_t codec_of(struct str name, struct str clock, struct str channels)
{
	for (unsigned i = 0; i < CODEC_KINDS; i++) {
		const struct codec_info *k = codec_at(i);
		if (!str_ieq(name, (struct str){k->name, strlen(k->name)}) ||
		    !is_number(clock, (uint64_t)k->clock_khz * 1000))
			continue;
		if (channels.n ? is_number(channels, k->channels) : k->channels == 1)
			return k->codec;
	}
	return CODEC_NONE;
}

static void set_event(struct sdp *s, unsigned pt, struct str clock)
{
	uint8_t *where = is_number(clock, 8000) ? &s->te_pt : is_number(clock, 48000) ? &s->te_wide_pt : NULL;
	if (where && *where == 255)
		*where = (uint8_t)pt;
}

const char *sdp_rtpmap(struct sdp *s, struct str value)
{
	unsigned pt;
	if (!sdp_payload_type(&value, &pt))
		return "Bad a=rtpmap";
	struct str encoding = cut(&value, ' ');
	if (encoding.n == 0 || !memchr(encoding.p, '/', encoding.n))
		return "Bad a=rtpmap";
	struct str name = cut(&encoding, '/'), clock = cut(&encoding, '/');
	bool event = str_ieq(name, STR("telephone-event"));
	uint8_t codec = codec_of(name, clock, encoding);
	for (unsigned i = 0; i < s->npt; i++) {
		if (s->pt[i] != pt)
			continue;
		s->codec[i] = codec;
		if (event)
			set_event(s, pt, clock);
	}
	return NULL;
}

static uint8_t playback_khz(uint64_t hz)
{
	return hz < 8000 ? 8 : hz > 48000 ? 48 : (uint8_t)(hz / 1000);
}

/* RFC 7587 6.1. What we do not send (stereo) or need (cbr, usedtx, maxaveragebitrate above ours) is not looked at. */
static void opus_parameter(struct sdp *s, unsigned i, struct str key, struct str value)
{
	uint64_t v;
	if (!str_uint(str_trim(value), UINT32_MAX, &v))
		return;
	if (str_ieq(key, STR("useinbandfec")))
		s->fec[i] = v == 1;
	else if (str_ieq(key, STR("maxplaybackrate")))
		s->play_khz[i] = playback_khz(v);
}

/* May come before its a=rtpmap, so it is read whatever the codec is. One we cannot read is a hint we do not get. */
const char *sdp_fmtp(struct sdp *s, struct str value)
{
	unsigned pt;
	if (!sdp_payload_type(&value, &pt))
		return NULL;
	while (value.n) {
		struct str parameter = str_trim(cut(&value, ';'));
		struct str key = str_trim(cut(&parameter, '='));
		for (unsigned i = 0; i < s->npt; i++)
			if (s->pt[i] == pt)
				opus_parameter(s, i, key, parameter);
	}
	return NULL;
}

uint8_t sdp_own_pt(uint8_t codec)
{
	const struct codec_info *k = codec_info(codec);
	return k && k->pt != CODEC_PT_DYNAMIC ? k->pt : SDP_OWN_OPUS;
}

/* ----------------------------------------------------------------- build */

static void put_line(struct build *b, const char *key, uint64_t v, const char *tail)
{
	build_lit(b, key);
	build_uint(b, v);
	build_lit(b, tail);
}

static void put_codec_map(struct build *b, uint8_t codec, uint8_t pt)
{
	const struct codec_info *k = codec_info(codec);
	if (!k)
		return;
	put_line(b, "a=rtpmap:", pt, " ");
	build_lit(b, k->name);
	put_line(b, "/", k->clock_khz * 1000u, "");
	if (k->channels > 1)
		put_line(b, "/", k->channels, "");
	build_lit(b, "\r\n");
	if (codec == CODEC_OPUS) /* we play and record wideband; more bits would be for nothing */
		put_line(b, "a=fmtp:", pt, " useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000\r\n");
}

/* Events 0-15: the keys (RFC 4733 3.2). */
static void put_te_map(struct build *b, uint8_t pt, const char *clock)
{
	if (pt == 255)
		return;
	put_line(b, "a=rtpmap:", pt, " telephone-event/");
	build_lit(b, clock);
	put_line(b, "\r\na=fmtp:", pt, " 0-15\r\n");
}

void sdp_put_formats(struct build *b, const struct sdp_formats *f, uint16_t port)
{
	put_line(b, "m=audio ", port, " ");
	build_str(b, f->profile);
	for (unsigned i = 0; i < f->n; i++)
		put_line(b, " ", f->pt[i], "");
	if (f->te_pt != 255)
		put_line(b, " ", f->te_pt, "");
	if (f->te_wide_pt != 255)
		put_line(b, " ", f->te_wide_pt, "");
	build_lit(b, "\r\n");
	for (unsigned i = 0; i < f->n; i++)
		put_codec_map(b, f->codec[i], f->pt[i]);
	put_te_map(b, f->te_pt, "8000");
	put_te_map(b, f->te_wide_pt, "48000");
}
