/** test_sip_sdp.c  Descriptions read, agreed on, offered and answered. */
#include <stdio.h>

#include "sip/sdp.h"
#include "test/sip_text.h"

#define SESSION "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static const struct sip_local us = {
	.rtp = {.family = ADDR_V4, .port = 20000, .ip = {198, 51, 100, 7}},
	.codecs = {CODEC_PCMA, CODEC_PCMU},
	.ncodecs = 2,
	.te_pt = 101,
	.dir = DIR_SENDRECV,
};

static int parse(struct sdp *s, const char *text)
{
	return sdp_parse(s, guarded(str_of(text)));
}

/* Our answer to `text`, in `out`; 0 or the error of sdp_agree(). */
static int answer(const char *text, const struct sip_local *local, char *out, size_t cap)
{
	struct sdp s;
	struct sip_media agreed;
	struct build b;
	if (parse(&s, text) != 0)
		return -EBADMSG;
	int rc = sdp_agree(&s, local, &agreed);
	if (rc)
		return rc;
	build_init(&b, out, cap);
	sdp_answer(&b, &s, &agreed, local, NULL, 5, 6);
	build_str(&b, STR("\0"));
	return build_ok(&b) ? 0 : -ENOBUFS;
}

TEST(sdp_reads_a_typical_offer)
{
	struct sdp s;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n"
				  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:30\r\n"
				  "a=rtcp-mux\r\na=sendrecv\r\n") == 0);
	REQUIRE(EQ(s.session_id, "1") && EQ(s.session_version, "2") && EQ(s.timing, "0 0"));
	REQUIRE(s.nmedia == 1 && s.audio == 0 && s.npt == 4 && s.te_pt == 101);
	REQUIRE(s.pt[0] == 0 && s.codec[0] == CODEC_PCMU && s.pt[1] == 8 && s.codec[1] == CODEC_PCMA);
	REQUIRE(s.pt[2] == 9 && s.codec[2] == CODEC_G722 && s.codec[3] == CODEC_NONE);
	REQUIRE(s.rtp.family == ADDR_V4 && s.rtp.port == 4000 && memcmp(s.rtp.ip, "\xc0\0\2\1", 4) == 0);
	REQUIRE(s.rtcp.port == 4001 && s.dir == DIR_SENDRECV && s.ptime_ms == 30 && s.rtcp_mux);
}

TEST(sdp_media_level_address_and_direction_win)
{
	struct sdp s;
	REQUIRE(parse(&s, "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nt=0 0\r\n"
			  "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\na=recvonly\r\n") == 0);
	REQUIRE(s.rtp.family == ADDR_V6 && s.rtp.ip[15] == 5 && s.dir == DIR_RECV);
	REQUIRE(parse(&s, "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.1\r\na=inactive\r\nt=0 0\r\n"
			  "m=audio 4000 RTP/AVP 0\r\n") == 0);
	REQUIRE(s.dir == DIR_INACTIVE);
}

TEST(sdp_attributes_of_other_media_do_not_count)
{
	struct sdp s;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 96\r\nc=IN IP4 192.0.2.9\r\n"
				  "a=rtpmap:0 G729/8000\r\na=inactive\r\na=ptime:60\r\na=rtcp:9\r\n") == 0);
	REQUIRE(s.codec[0] == CODEC_PCMU && s.dir == DIR_SENDRECV && s.ptime_ms == 20 && s.rtp.ip[3] == 1);
	REQUIRE(s.rtcp.port == 4001 && s.nmedia == 2 && EQ(s.media[1].kind, "video"));
}

TEST(sdp_rtpmap_overrules_the_static_type)
{
	struct sdp s;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0 96 97\r\na=rtpmap:0 G729/8000\r\na=rtpmap:96 pcma/8000/1\r\n"
				  "a=rtpmap:97 telephone-event/16000\r\n") == 0);
	REQUIRE(s.codec[0] == CODEC_NONE && s.codec[1] == CODEC_PCMA && s.te_pt == 255);
	struct sip_media m;
	REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.codec == CODEC_PCMA && m.pt == 96 && m.own_pt == 8);
}

TEST(sdp_reads_rtcp_attribute)
{
	struct sdp s;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\na=rtcp:53020\r\n") == 0);
	REQUIRE(s.rtcp.port == 53020 && s.rtcp.ip[3] == 1);
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\na=rtcp:53020 IN IP4 192.0.2.77\r\n") == 0);
	REQUIRE(s.rtcp.port == 53020 && s.rtcp.ip[3] == 77);
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\na=rtcp:0\r\n") == -EBADMSG);
	REQUIRE(parse(&s, SESSION "m=audio 65535 RTP/AVP 0\r\n") == 0 && s.rtcp.family == ADDR_NONE);
}

TEST(sdp_packet_time_is_bounded)
{
	static const struct {
		const char *lines;
		uint8_t parsed, agreed;
	} cases[] = {
		{"", 20, 20},
		{"a=ptime:5\r\n", 10, 10},
		{"a=ptime:200\r\n", 60, 60},
		{"a=ptime:50\r\n", 50, 40},
		{"a=ptime:25\r\n", 25, 20},
		{"a=ptime:30\r\na=maxptime:20\r\n", 20, 20},
		{"a=maxptime:10\r\n", 10, 10},
		{"a=ptime:x\r\n", 20, 20},
		{"a=ptime:0\r\n", 20, 20},
		{"a=ptime:20.5\r\n", 20, 20},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		struct sdp s;
		struct sip_media m;
		snprintf(text, sizeof text, SESSION "m=audio 4000 RTP/AVP 0\r\n%s", cases[i].lines);
		REQUIRE(parse(&s, text) == 0 && s.ptime_ms == cases[i].parsed);
		REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.ptime_ms == cases[i].agreed);
	}
}

TEST(sdp_uses_the_first_audio_line_it_can)
{
	struct sdp s;
	REQUIRE(parse(&s, SESSION "m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 x\r\n"
				  "m=audio 4002 RTP/AVP 8\r\nc=IN IP4 host.example.com\r\na=ptime:60\r\na=rtcp-mux\r\n"
				  "m=audio 4004 RTP/AVP 8 0\r\nm=audio 4006 RTP/AVP 0\r\n") == 0);
	REQUIRE(s.nmedia == 5 && s.audio == 3 && s.rtp.port == 4004 && s.npt == 2 && s.ptime_ms == 20 && !s.rtcp_mux);
}

TEST(sdp_without_usable_audio_agrees_on_nothing)
{
	static const char *const offers[] = {SESSION,
					     SESSION "m=audio 0 RTP/AVP 0\r\n",
					     SESSION "m=audio 4000 RTP/SAVP 0\r\n",
					     SESSION "m=audio 4000 RTP/AVPF 0\r\n",
					     SESSION "m=audio 4000 RTP/AVP 18\r\n",
					     SESSION "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127\r\n",
					     SESSION "m=video 4000 RTP/AVP 0\r\n"};
	for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
		struct sdp s;
		struct sip_media m;
		REQUIRE(parse(&s, offers[i]) == 0);
		REQUIRE(sdp_agree(&s, &us, &m) == -EPROTO && m.rtp.family == ADDR_NONE);
	}
}

TEST(sdp_agree_follows_the_order_of_the_offer)
{
	struct sdp s;
	struct sip_media m;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 18 0 8\r\n") == 0);
	REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.codec == CODEC_PCMU && m.te_pt == 255 && m.rtp.port == 4000);
	struct sip_local only_a = us;
	only_a.ncodecs = 1;
	REQUIRE(sdp_agree(&s, &only_a, &m) == 0 && m.codec == CODEC_PCMA);
}

TEST(sdp_agree_mirrors_the_direction)
{
	static const struct {
		const char *theirs;
		uint8_t local, ours;
	} cases[] = {
		{"sendrecv", DIR_SENDRECV, DIR_SENDRECV}, {"sendonly", DIR_SENDRECV, DIR_RECV},
		{"recvonly", DIR_SENDRECV, DIR_SEND},	  {"inactive", DIR_SENDRECV, DIR_INACTIVE},
		{"sendrecv", DIR_SEND, DIR_SEND},	  {"sendonly", DIR_SEND, DIR_INACTIVE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		struct sdp s;
		struct sip_media m;
		struct sip_local local = us;
		local.dir = cases[i].local;
		snprintf(text, sizeof text, SESSION "m=audio 4000 RTP/AVP 0\r\na=%s\r\n", cases[i].theirs);
		REQUIRE(parse(&s, text) == 0 && sdp_agree(&s, &local, &m) == 0 && m.dir == cases[i].ours);
	}
}

TEST(sdp_address_of_zeros_is_hold)
{
	struct sdp s;
	struct sip_media m;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n") == 0);
	REQUIRE(s.dir == DIR_SENDRECV && sdp_agree(&s, &us, &m) == 0 && m.dir == DIR_RECV);
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::\r\n") == 0);
	REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.dir == DIR_RECV);
}

TEST(sdp_answer_refuses_all_but_one_line)
{
	char out[1024];
	REQUIRE(answer("v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=2873397496 2873404696\r\n"
		       "m=audio 3000 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0 8 97\r\na=rtpmap:97 telephone-event/8000\r\n"
		       "a=ptime:40\r\na=sendonly\r\nm=video 4002 RTP/AVP 96 97\r\nm=image 4004 udptl t38\r\n",
		       &us, out, sizeof out) == 0);
	REQUIRE(strcmp(out, "v=0\r\no=- 5 6 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\n"
			    "t=2873397496 2873404696\r\nm=audio 0 RTP/SAVP 0\r\nm=audio 20000 RTP/AVP 0 97\r\n"
			    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\n"
			    "a=ptime:40\r\na=recvonly\r\nm=video 0 RTP/AVP 96 97\r\nm=image 0 udptl t38\r\n") == 0);
}

TEST(sdp_offer_is_what_we_would_accept)
{
	char out[1024];
	struct build b;
	struct sdp s;
	struct sip_media m;
	build_init(&b, out, sizeof out);
	sdp_offer(&b, &us, NULL, 18446744073709551615u, 1);
	REQUIRE(build_ok(&b) && sdp_parse(&s, guarded((struct str){out, b.n})) == 0);
	REQUIRE(EQ(s.session_id, "18446744073709551615") && s.npt == 3 && s.pt[0] == 8 && s.te_pt == 101);
	REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.codec == CODEC_PCMA && net_addr_eq(&m.rtp, &us.rtp));
	REQUIRE(m.dir == DIR_SENDRECV && m.te_pt == 101);
}

TEST(sdp_offer_over_ipv6_on_hold_without_events)
{
	struct sip_local local = us;
	char out[1024];
	struct build b;
	local.rtp = (struct net_addr){.family = ADDR_V6, .port = 20000, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
	local.te_pt = 255;
	local.dir = DIR_SEND;
	build_init(&b, out, sizeof out);
	sdp_offer(&b, &local, NULL, 1, 2);
	build_str(&b, STR("\0"));
	REQUIRE(build_ok(&b));
	REQUIRE(strcmp(out, "v=0\r\no=- 1 2 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
			    "m=audio 20000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
			    "a=ptime:20\r\na=sendonly\r\n") == 0);
}

TEST(sdp_offer_that_does_not_fit_says_so)
{
	char out[100];
	struct build b;
	build_init(&b, out, sizeof out);
	sdp_offer(&b, &us, NULL, 1, 1);
	REQUIRE(!build_ok(&b) && b.n <= sizeof out);
}

TEST(sdp_is_lenient_where_it_is_harmless)
{
	struct sdp s;
	REQUIRE(parse(&s, "v=0\no=- 1 2 IN IP4 h\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0") == 0); /* no s=, t= */
	REQUIRE(s.audio == 0 && s.timing.n == 0);
	REQUIRE(parse(&s, SESSION "m=audio 4000/1 RTP/AVP 0 \r\n\r\n\r\n") == 0 && s.rtp.port == 4000);
	REQUIRE(parse(&s, SESSION "b=AS:64\r\nm=audio 4000 RTP/AVP 0\r\ni=x\r\nb=TIAS:1\r\nk=clear:x\r\n"
				  "a=\r\na=ptime\r\na=ptime:\r\n") == 0);
}

#define OPUS "a=rtpmap:96 opus/48000/2\r\n"

static const struct sip_local wide = {
	.rtp = {.family = ADDR_V4, .port = 20000, .ip = {198, 51, 100, 7}},
	.codecs = {CODEC_OPUS, CODEC_G722, CODEC_PCMU},
	.ncodecs = 3,
	.te_pt = 101,
	.dir = DIR_SENDRECV,
};

TEST(sdp_offers_opus_with_events_at_both_clocks)
{
	char out[1024];
	struct build b;
	build_init(&b, out, sizeof out);
	sdp_offer(&b, &wide, NULL, 1, 2);
	build_str(&b, STR("\0"));
	REQUIRE(build_ok(&b));
	REQUIRE(strcmp(out, "v=0\r\no=- 1 2 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
			    "m=audio 20000 RTP/AVP 111 9 0 101 110\r\na=rtpmap:111 opus/48000/2\r\n"
			    "a=fmtp:111 useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000\r\n"
			    "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
			    "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
			    "a=ptime:20\r\na=sendrecv\r\n") == 0);
}

TEST(sdp_answers_opus_under_the_offerers_payload_type)
{
	char out[1024];
	REQUIRE(answer(SESSION "m=audio 4000 RTP/AVP 96 0 97 98\r\na=fmtp:96 useinbandfec=1;stereo=1\r\n" OPUS
			       "a=rtpmap:97 telephone-event/8000\r\na=rtpmap:98 telephone-event/48000\r\n",
		       &wide, out, sizeof out) == 0);
	REQUIRE(strstr(out, "m=audio 20000 RTP/AVP 96 98\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1;"));
	REQUIRE(strstr(out, "a=rtpmap:98 telephone-event/48000\r\na=fmtp:98 0-15\r\n") &&
		!strstr(out, "8000\r\na=fmtp:97"));
}

TEST(sdp_agrees_on_opus_with_what_the_peer_said_of_it)
{
	struct sdp s;
	struct sip_media m;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 96 0 97\r\n" OPUS
				  "a=fmtp:96 maxplaybackrate = 8000 ; useinbandfec=1\r\n"
				  "a=rtpmap:97 telephone-event/8000\r\n") == 0);
	REQUIRE(sdp_agree(&s, &wide, &m) == 0 && m.codec == CODEC_OPUS && m.pt == 96 && m.own_pt == 111);
	REQUIRE(m.fec && m.play_khz == 8 && m.te_pt == 97 && m.te_khz == 8); /* events at 8 kHz are all they have */
	REQUIRE(sdp_agree(&s, &us, &m) == 0 && m.codec == CODEC_PCMU && m.pt == 0 && !m.fec && m.te_khz == 8);
	REQUIRE(parse(&s,
		      SESSION "m=audio 4000 RTP/AVP 96 98\r\n" OPUS
			      "a=rtpmap:98 telephone-event/48000\r\na=fmtp:96 maxplaybackrate=4294967295\r\n"
			      "a=fmtp:77 useinbandfec=1\r\na=fmtp:x\r\na=fmtp:96 useinbandfec=x;;=;stereo\r\n") == 0);
	REQUIRE(sdp_agree(&s, &wide, &m) == 0 && m.te_pt == 98 && m.te_khz == 48 && !m.fec && m.play_khz == 48);
}

TEST(sdp_agrees_on_g722_at_its_clock_of_8000_and_without_rtpmap)
{
	struct sdp s;
	struct sip_media m;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 9 0\r\n") == 0);
	REQUIRE(sdp_agree(&s, &wide, &m) == 0 && m.codec == CODEC_G722 && m.pt == 9);
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 9 0\r\na=rtpmap:9 G722/16000\r\n") == 0);
	REQUIRE(sdp_agree(&s, &wide, &m) == 0 && m.codec == CODEC_PCMU);
}

TEST(sdp_knows_opus_only_as_rfc_7587_writes_it)
{
	static const char *const other[] = {"opus/48000", "opus/48000/1",   "opus/8000/2",
					    "opus/",	  "opus/48000/2/2", "OPUSX/48000/2"};
	struct sdp s;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		char text[512];
		snprintf(text, sizeof text, SESSION "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 %s\r\n", other[i]);
		REQUIRE(parse(&s, text) == 0 && s.codec[0] == CODEC_NONE);
	}
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 OPUS/48000/2\r\n") == 0);
	REQUIRE(s.codec[0] == CODEC_OPUS);
}

TEST(sdp_payload_type_mapped_to_codec_and_events_is_the_codec)
{
	struct sdp s;
	struct sip_media m;
	REQUIRE(parse(&s, SESSION "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 telephone-event/48000\r\n" OPUS) == 0);
	REQUIRE(sdp_agree(&s, &wide, &m) == 0 && m.codec == CODEC_OPUS && m.te_pt == 255);
}

TEST(sdp_limits_payload_types_and_media_lines)
{
	char text[2048];
	struct sdp s;
	size_t n = (size_t)snprintf(text, sizeof text, SESSION "m=audio 4000 RTP/AVP");
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, " %d", i);
	REQUIRE(parse(&s, text) == 0 && s.npt == SDP_PT_MAX && s.pt[SDP_PT_MAX - 1] == SDP_PT_MAX - 1);
	n = (size_t)snprintf(text, sizeof text, SESSION);
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "m=audio 4000 RTP/AVP 0\r\n");
	REQUIRE(parse(&s, text) == 0 && s.nmedia == SDP_MEDIA_MAX);
	snprintf(text + n, sizeof text - n, "m=audio 4000 RTP/AVP 0\r\n");
	REQUIRE(parse(&s, text) == -EBADMSG && s.nmedia == 0);
}

TEST(sdp_refuses_bad_text_with_a_reason)
{
	static const char *const bad[] = {
		"",
		"\r\n",
		"v=1\r\n",
		"o=- 1 2 IN IP4 h\r\nv=0\r\n",
		"v=0\r\ns=-\r\n",
		"v=0\r\no=- 1 2 IN IP4\r\n",
		SESSION "x=unknown\r\n",
		SESSION "no equals\r\n",
		SESSION "m\r\n",
		SESSION "\r\nm=audio 4000 RTP/AVP 0\r\n",
		SESSION "a=x\rm=audio 4000 RTP/AVP 0\r\n",
		SESSION "m=audio\r\n",
		SESSION "m=audio 4000\r\n",
		SESSION "m=audio 4000 RTP/AVP\r\n",
		SESSION "m=audio 400000 RTP/AVP 0\r\n",
		SESSION "m=audio 65536 RTP/AVP 0\r\n",
		SESSION "m=audio -1 RTP/AVP 0\r\n",
		SESSION "m=audio 4000/x RTP/AVP 0\r\n",
		SESSION "m=audio 4000 RTP/AVP 128\r\n",
		SESSION "m=audio 4000 RTP/AVP x\r\n",
		SESSION "m=au\x01io 4000 RTP/AVP 0\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\na=rtpmap:x PCMU/8000\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\na=rtcp:70000\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\na=rtcp:4001 IN IP4\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\nc=IN IP4\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\nc=IN IP5 192.0.2.1\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 ::1\r\n",
		SESSION "m=audio 4000 RTP/AVP 0\r\nc=ATM IP4 192.0.2.1\r\n",
		SESSION "t=0\r\n",
		SESSION "t=0 x\r\n",
		"v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sdp s;
		REQUIRE(parse(&s, bad[i]) == -EBADMSG);
		REQUIRE(s.why && s.audio == -1 && s.nmedia == 0);
	}
}
