/** fuzz_rtcp.c  Compound RTCP packets. What was read is written and must read the same. */
#include <stdlib.h>
#include <string.h>

#include "rtp/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void write_and_read(const struct rtcp_view *v, uint32_t about)
{
	uint8_t out[RTCP_MAX];
	struct rtcp_view again;
	struct rtcp_compose c = {.ssrc = v->sender,
				 .sender = v->has_sr,
				 .ntp = (uint64_t)v->sr_lsr << 16,
				 .report = v->has_report ? &v->report : NULL,
				 .cname = "fuzz",
				 .voip = v->xr.has_voip ? &v->xr.voip : NULL,
				 .summary = v->xr.has_summary ? &v->xr.summary : NULL,
				 .bye = v->bye};
	size_t n = rtcp_compose(out, &c);
	require(n <= sizeof(out) && n % 4 == 0);
	require(rtcp_parse(&again, out, n, about) == 0);
	require(again.sender == v->sender && again.has_sr == v->has_sr && again.bye == v->bye);
	require(again.has_report == v->has_report && again.sr_lsr == v->sr_lsr);
	require(!v->has_report || memcmp(&again.report, &v->report, sizeof(v->report)) == 0);
	require(again.xr.has_voip == v->xr.has_voip && again.xr.has_summary == v->xr.has_summary);
	require(!v->xr.has_voip || memcmp(&again.xr.voip, &v->xr.voip, sizeof(v->xr.voip)) == 0);
	require(!v->xr.has_summary || memcmp(&again.xr.summary, &v->xr.summary, sizeof(v->xr.summary)) == 0);
	(void)rtcp_round_trip(&v->report, c.ntp);
}

/* The first four bytes: whose report blocks are looked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t about;
	struct rtcp_view v;
	if (size < sizeof(about))
		return 0;
	memcpy(&about, data, sizeof(about));
	uint8_t *copy = malloc(size);
	require(copy != NULL);
	memcpy(copy, data + sizeof(about), size - sizeof(about));
	uint8_t *exact = realloc(copy, size - sizeof(about) ? size - sizeof(about) : 1);
	require(exact != NULL);
	memset(&v, 0, sizeof(v));
	if (rtcp_parse(&v, exact, size - sizeof(about), about) == 0)
		write_and_read(&v, about);
	free(exact);
	return 0;
}
