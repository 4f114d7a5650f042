/** fuzz_sdp.c  Descriptions: what can be read can be agreed on and answered, and our answer can be read. */
#include <errno.h>
#include <stdlib.h>

#include "sip/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MUST(cond)                                                                                                     \
	do {                                                                                                           \
		if (!(cond))                                                                                           \
			abort();                                                                                       \
	} while (0)

static void holds(const struct sdp *s)
{
	MUST(s->nmedia <= SDP_MEDIA_MAX && s->npt <= SDP_PT_MAX && s->audio < (int)s->nmedia);
	if (s->audio < 0)
		return;
	MUST(s->rtp.family != ADDR_NONE && s->rtp.port && s->npt && s->dir <= DIR_SENDRECV);
	MUST(s->ptime_ms >= 10 && s->ptime_ms <= 60);
	MUST(s->rtcp.family == ADDR_NONE || s->rtcp.port);
}

static void answer(const struct sdp *s, const struct sip_local *local)
{
	static char out[1 << 18];
	struct sip_media agreed, theirs;
	struct sdp again;
	struct build b;
	if (sdp_agree(s, local, &agreed) != 0)
		return;
	MUST(memchr(local->codecs, agreed.codec, local->ncodecs) && agreed.pt < 128 && agreed.own_pt < 128);
	MUST(agreed.te_pt == 255 || (agreed.te_pt < 128 && agreed.te_pt != agreed.pt));
	MUST((agreed.dir & ~local->dir) == 0);
	build_init(&b, out, sizeof out);
	sdp_answer(&b, s, &agreed, local, NULL, 1, UINT64_MAX);
	MUST(build_ok(&b));
	MUST(sdp_parse(&again, (struct str){out, b.n}) == 0);
	holds(&again);
	MUST(again.nmedia == s->nmedia && again.audio == s->audio && again.dir == agreed.dir);
	for (unsigned i = 0; i < s->nmedia; i++)
		MUST((int)i == s->audio || (again.media[i].port == 0 && again.media[i].kind.n == s->media[i].kind.n));
	MUST(sdp_agree(&again, local, &theirs) == 0 && theirs.codec == agreed.codec && theirs.te_pt == agreed.te_pt);
	MUST(theirs.pt == agreed.pt && theirs.te_khz == agreed.te_khz);
}

static void offer(const struct sip_local *local)
{
	char out[1024];
	struct sdp s;
	struct build b;
	build_init(&b, out, sizeof out);
	sdp_offer(&b, local, NULL, 1, 1);
	MUST(build_ok(&b) && sdp_parse(&s, (struct str){out, b.n}) == 0 && s.audio == 0);
	holds(&s);
	answer(&s, local);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct sip_local v4 = {.rtp = {.family = ADDR_V4, .port = 20000, .ip = {192, 0, 2, 1}},
					    .codecs = {CODEC_OPUS, CODEC_G722, CODEC_PCMA, CODEC_PCMU},
					    .ncodecs = 4,
					    .te_pt = 101,
					    .dir = DIR_SENDRECV};
	static const struct sip_local v6 = {.rtp = {.family = ADDR_V6, .port = 65534, .ip = {[15] = 1}},
					    .codecs = {CODEC_PCMU},
					    .ncodecs = 1,
					    .te_pt = 255,
					    .dir = DIR_SEND};
	struct sdp s;
	if (sdp_parse_as(&s, (struct str){(const char *)data, n}, SDP_AVP | SDP_SAVP) == 0)
		holds(&s); /* keys are agreed on in fuzz_srtp */
	offer(&v4);
	offer(&v6);
	if (sdp_parse(&s, (struct str){(const char *)data, n}) != 0) {
		MUST(s.why && s.nmedia == 0 && s.audio == -1);
		return 0;
	}
	holds(&s);
	answer(&s, &v4);
	answer(&s, &v6);
	return 0;
}
