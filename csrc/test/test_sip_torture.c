/** test_sip_torture.c  The cases of RFC 4475, by the names it gives them, in messages of our own that have the same
 *  twist. ACCEPT: parses and passes sip_msg_check(); REFUSE: fails with the status a request deserves. Cases that
 *  only the layers above can judge (badbranch, unksm2, bext01, invut, regaut01, zeromf, cparam, regescrt) are here
 *  as messages that this layer must let pass. */
#include "sip/sdp.h"
#include "test/sip_text.h"

#define VIA	     "Via: SIP/2.0/UDP 192.0.2.15:5060;branch=z9hG4bKtorture1\r\n"
#define FROM	     "From: <sip:caller@example.net>;tag=f1\r\n"
#define TO	     "To: <sip:callee@example.com>\r\n"
#define CALL_ID	     "Call-ID: torture.1@192.0.2.15\r\n"
#define CONTACT	     "Contact: <sip:caller@192.0.2.15>\r\n"
#define MAXF	     "Max-Forwards: 70\r\n"
#define CSEQ(method) "CSeq: 8 " method "\r\n"
#define HEAD(method) VIA FROM TO CALL_ID CSEQ(method) MAXF
#define INVITE	     "INVITE sip:callee@example.com SIP/2.0\r\n"
#define SDP	     "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

#define ACCEPT(id, text)                                                                                               \
	TEST(torture_##id)                                                                                             \
	{                                                                                                              \
		struct sip_msg m;                                                                                      \
		REQUIRE(accept_guarded(&m, STR(text)) == 0 && !m.why);                                                 \
	}
#define REFUSE(id, status, text)                                                                                       \
	TEST(torture_##id)                                                                                             \
	{                                                                                                              \
		struct sip_msg m;                                                                                      \
		REQUIRE(accept_guarded(&m, STR(text)) == -EBADMSG);                                                    \
		REQUIRE(m.why &&m.refuse == (status));                                                                 \
	}

/* -------------------------------------------------- 3.1.1 valid messages */

#define WSINV                                                                                                          \
	"INVITE sip:callee@example.com;unknownparam SIP/2.0\r\n"                                                       \
	"TO :\r\n sip:callee@example.com ;   tag    = 77n\r\n"                                                         \
	"from   : \"J Caller \\\\\\\"\"       <sip:caller@example.net>\r\n  ;\r\n  tag = f1\r\n"                       \
	"MaX-fOrWaRdS: 0068\r\n"                                                                                       \
	"Call-ID: wsinv.1@192.0.2.1\r\n"                                                                               \
	"Content-Length   : 5\r\n"                                                                                     \
	"cseq: 0009\r\n  INVITE\r\n"                                                                                   \
	"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390\r\n"                                                 \
	"s :\r\n"                                                                                                      \
	"NewFangledHeader:   one\r\n two\r\n"                                                                          \
	"OddHeader: ;;,,;;,;\r\n"                                                                                      \
	"Content-Type: application/sdp\r\n"                                                                            \
	"Route:\r\n <sip:proxy.example.com;lr;unknownwith=value;unknown-no-value>\r\n"                                 \
	"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"                       \
	" SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"                                     \
	"m:\"Quoted string \\\"\\\"\" <sip:caller@192.0.2.2> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = " \
	"0.33\r\n"                                                                                                     \
	"\r\nv=0\r\n"

ACCEPT(wsinv, WSINV)

TEST(torture_wsinv_in_detail)
{
	struct sip_msg m;
	struct sip_addr a;
	struct sip_cseq c;
	struct sip_via v;
	struct str rest, one;
	REQUIRE(parse_guarded(&m, STR(WSINV)) == 0 && EQ(m.body, "v=0\r\n"));
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_TO)) == 0 && EQ(a.tag, "77n"));
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_FROM)) == 0 && EQ(a.display, "J Caller \\\\\\\""));
	REQUIRE(sip_cseq_parse(&c, sip_msg_value(&m, SIP_HDR_CSEQ)) == 0 && c.seq == 9);
	const struct sip_hdr *h = sip_msg_hdr_next(&m, sip_msg_hdr(&m, SIP_HDR_VIA));
	REQUIRE(h);
	rest = h->value;
	REQUIRE(sip_list_next(&rest, &one) && sip_via_parse(&v, one) == 0 && EQ(v.branch, "z9hG4bK9ikj8"));
	REQUIRE(EQ(v.transport, "TCP") && EQ(v.host, "spindle.example.com"));
	REQUIRE(sip_list_next(&rest, &one) && sip_via_parse(&v, one) == 0 && EQ(v.branch, "z9hG4bK30239"));
	REQUIRE(!sip_list_next(&rest, &one));
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_CONTACT)) == 0);
	REQUIRE(sip_param(a.params, STR("newparam"), &one) && EQ(one, "newvalue"));
	REQUIRE(sip_param(a.params, STR("q"), &one) && EQ(one, "0.33"));
	h = sip_msg_hdr_named(&m, STR("newfangledheader"));
	REQUIRE(h && EQ(h->value, "one\r\n two"));
}

#define ODD_METHOD "!odd-Method0123456789_*+`.%indeed'~"
ACCEPT(intmeth,
       ODD_METHOD " sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
		  "@example.com SIP/2.0\r\n"
		  "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\r\n"
		  "To: \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f\" <sip:1_unusual.URI~(to-be!sure)@example.com>\r\n"
		  "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="
		  "\"\xd1\x80\xd0\xb0\xd0\xb1\xd0\xbe\xd1\x82\xd0\xb0\";tag=_token~1'+`*%!-.\r\n"
		  "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
		  "CSeq: 139122385 " ODD_METHOD "\r\nMax-Forwards: 255\r\n"
		  "extensionHeader-!.%*+_`'~: \xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb\r\n"
		  "Content-Length: 0\r\n\r\n")

ACCEPT(esc01, "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0\r\n" VIA
	      "To: sip:%75se%72@example.com\r\nFrom: <sip:I%20have%20spaces@example.net>;tag=9\r\n" CALL_ID CSEQ(
		      "INVITE") "Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\r\n\r\n")

ACCEPT(escnull,
       "REGISTER sip:example.com SIP/2.0\r\n" VIA
       "To: sip:null-%00-null@example.com\r\nFrom: sip:null-%00-null@example.com;tag=8\r\n" CALL_ID CSEQ(
	       "REGISTER") "Contact: <sip:%00@host5.example.com>\r\nContact: <sip:%00%00@host5.example.com>\r\n\r\n")

TEST(torture_esc02)
{
	struct sip_msg m;
	/* a '%' in a method escapes nothing: this is not REGISTER */
	REQUIRE(accept_guarded(&m, STR("RE%47IST%45R sip:registrar.example.com SIP/2.0\r\n" HEAD(
					   "RE%47IST%45R") "\r\n")) == 0);
	REQUIRE(m.method == SIP_METHOD_OTHER && EQ(m.method_name, "RE%47IST%45R"));
}

TEST(torture_lwsdisp)
{
	struct sip_msg m;
	struct sip_addr a;
	REQUIRE(accept_guarded(&m, STR("OPTIONS sip:user@example.com SIP/2.0\r\n" VIA
				       "From: caller<sip:caller@example.com>;tag=323\r\n" TO CALL_ID CSEQ(
					       "OPTIONS") "\r\n")) == 0);
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_FROM)) == 0 && EQ(a.display, "caller"));
}

TEST(torture_longreq)
{
	static char text[32768];
	struct build b;
	struct sip_msg m;
	build_init(&b, text, sizeof text);
	build_lit(&b, INVITE "To: \"");
	for (int i = 0; i < 100; i++)
		build_lit(&b, "I have a very long name ");
	build_lit(&b, "\" <sip:callee@example.com>\r\nF: sip:caller@example.net;tag=");
	for (int i = 0; i < 200; i++)
		build_lit(&b, "0123456789");
	build_lit(&b, "\r\nCall-ID: ");
	for (int i = 0; i < 200; i++)
		build_lit(&b, "longcallid");
	build_lit(&b, "\r\n" CSEQ("INVITE") CONTACT);
	for (unsigned i = 34; i > 0; i--) {
		build_lit(&b, "v: SIP/2.0/TCP sip");
		build_uint(&b, i);
		build_lit(&b, ".example.com;branch=z9hG4bK\r\n");
	}
	build_lit(&b, "Unknown-");
	for (int i = 0; i < 50; i++)
		build_lit(&b, "Long");
	build_lit(&b, "Name: x\r\n\r\n" SDP);
	REQUIRE(build_ok(&b) && accept_guarded(&m, (struct str){text, b.n}) == 0);
	struct sip_addr a;
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_TO)) == 0 && a.display.n == 2400);
	REQUIRE(sip_addr_parse(&a, sip_msg_value(&m, SIP_HDR_FROM)) == 0 && a.tag.n == 2000);
}

TEST(torture_dblreq)
{
	struct sip_msg m;
	struct str text = guarded(STR("REGISTER sip:example.com SIP/2.0\r\n" HEAD(
		"REGISTER") "Content-Length: 0\r\n\r\n" INVITE HEAD("INVITE") CONTACT "\r\n"));
	REQUIRE(sip_msg_parse(&m, text.p, text.n) == 0 && sip_msg_check(&m) == 0);
	REQUIRE(m.method == SIP_REGISTER && m.body.n == 0 && m.raw.n < text.n); /* the second one is dropped */
}

TEST(torture_semiuri)
{
	struct sip_msg m;
	struct sip_uri u;
	REQUIRE(accept_guarded(&m, STR("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\r\n" HEAD(
					   "OPTIONS") "\r\n")) == 0);
	REQUIRE(sip_uri_parse(&u, m.ruri) == 0 && EQ(u.user, "user;par=u%40example.net") && u.params.n == 0);
}

ACCEPT(transports,
       "OPTIONS sip:user@example.com SIP/2.0\r\n"
       "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bK1\r\nVia: SIP/2.0/SCTP t2.example.com;branch=z9hG4bK2\r\n"
       "Via: SIP/2.0/UNKNOWN t3.example.com;branch=z9hG4bK3\r\n" FROM TO CALL_ID CSEQ("OPTIONS") "\r\n")

TEST(torture_mpart01)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(
			&m,
			STR("MESSAGE sip:kumiko@example.org SIP/2.0\r\n" HEAD(
				"MESSAGE") "Content-Type: multipart/mixed;boundary=7a9c\r\nContent-Length: 42\r\n\r\n"
					   "--7a9c\r\n\r\nHello\r\n--7a9c\r\n\r\n\x00\x01\r\xff\n\r\n--7a9c--")) == 0);
	REQUIRE(m.body.n == 42 && memcmp(m.body.p + m.body.n - 2, "--", 2) == 0);
}

TEST(torture_unreason)
{
	struct sip_msg m;
	REQUIRE(accept_guarded(&m, STR("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe\r\n" HEAD(
					   "INVITE") "\r\n")) == 0);
	REQUIRE(m.status == 200 && m.reason.n == 14 + 4 + 1 + 6);
}

ACCEPT(noreason, "SIP/2.0 100 \r\n" HEAD("INVITE") "\r\n")

/* ------------------------------------------------ 3.1.2 invalid messages */

REFUSE(badinv01_contact, 400, INVITE HEAD("INVITE") "Contact: \"Joe\" <sip:joe@example.org>;;;;\r\n\r\n")
REFUSE(badinv01_via, 400,
       INVITE "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO CALL_ID CSEQ("INVITE") MAXF CONTACT "\r\n")
REFUSE(clerr, 400, INVITE HEAD("INVITE") CONTACT "Content-Length: 9999\r\n\r\n" SDP)
REFUSE(ncl, 400, INVITE HEAD("INVITE") CONTACT "Content-Length: -999\r\n\r\n" SDP)
REFUSE(scalar02_cseq, 400,
       "REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO CALL_ID "CSeq: 36893488147419103232 REGISTER\r\n" MAXF "\r\n")
REFUSE(scalar02_max_forwards, 400,
       "REGISTER sip:example.com SIP/2.0\r\n" VIA FROM TO CALL_ID CSEQ("REGISTER") "Max-Forwards: 300\r\n\r\n")
REFUSE(scalarlg, 400,
       "SIP/2.0 503 Service Unavailable\r\n" VIA FROM TO CALL_ID "CSeq: 9292394834772304023312 OPTIONS\r\n"
       "Retry-After: 949302838503028349304023988\r\n\r\n")
REFUSE(quotbal, 400,
       INVITE VIA FROM "To: \"Mr. J. User <sip:j.user@example.com>\r\n" CALL_ID CSEQ("INVITE") MAXF CONTACT "\r\n")
REFUSE(ltgtruri, 400, "INVITE <sip:user@example.com> SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\n")
REFUSE(lwsruri, 400, "INVITE sip:user@example.com; lr SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\n")
REFUSE(lwsstart, 400, "INVITE  sip:user@example.com  SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\n")
REFUSE(trws, 400, "OPTIONS sip:remote-target@example.com SIP/2.0  \r\n" HEAD("OPTIONS") "\r\n")
REFUSE(escruri, 400,
       "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\n")
/* we have no use for Date, and RFC 4475 leaves it to the element whether it looks */
ACCEPT(baddate, INVITE HEAD("INVITE") CONTACT "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n\r\n")
REFUSE(regbadct, 400, INVITE HEAD("INVITE") "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n\r\n")
REFUSE(badaspec, 400,
       "OPTIONS sip:user@example.org SIP/2.0\r\n" VIA FROM
       "To: \"Watson, Thomas\" < sip:t.watson@example.org >\r\n" CALL_ID CSEQ("OPTIONS") "\r\n")
REFUSE(baddn, 400,
       "OPTIONS sip:user@example.org SIP/2.0\r\n" VIA
       "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\r\n" TO CALL_ID CSEQ("OPTIONS") "\r\n")
REFUSE(badvers, 505, "OPTIONS sip:t.watson@example.org SIP/7.0\r\n" HEAD("OPTIONS") "\r\n")
REFUSE(mismatch01, 400, "OPTIONS sip:user@example.com SIP/2.0\r\n" HEAD("INVITE") "\r\n")
REFUSE(mismatch02, 400, "NEWMETHOD sip:user@example.com SIP/2.0\r\n" HEAD("INVITE") CONTACT "\r\n")
REFUSE(bigcode, 400, "SIP/2.0 4294967301 better not break the receiver\r\n" HEAD("INVITE") "\r\n")

/* ------------------- 3.2 transaction, 3.3 application, 3.4 compatibility */

ACCEPT(badbranch, "OPTIONS sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n" FROM TO
			  CALL_ID CSEQ("OPTIONS") "\r\n")
REFUSE(insuf, 400, "INVITE sip:user@example.com SIP/2.0\r\n" CSEQ("INVITE") VIA "l: 0\r\n\r\n")
ACCEPT(unkscm, "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n" HEAD("OPTIONS") "\r\n")
ACCEPT(novelsc, "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\r\n" HEAD("OPTIONS") "\r\n")
ACCEPT(unksm2, "REGISTER sip:example.com SIP/2.0\r\n" VIA
	       "To: isbn:2983792873\r\nFrom: <http://www.example.com>;tag=3\r\n" CALL_ID CSEQ(
		       "REGISTER") "Contact: <name:John_Smith>\r\n\r\n")
ACCEPT(bext01, "OPTIONS sip:user@example.com SIP/2.0\r\n" HEAD(
		       "OPTIONS") "Require: nothingSupportsThis, nothingSupportsThisEither\r\nProxy-Require: "
				  "noProxiesSupportThis\r\n\r\n")
ACCEPT(invut, INVITE HEAD("INVITE") CONTACT "Content-Type: application/unknownformat\r\n\r\n<audio/>")
ACCEPT(regaut01, "REGISTER sip:example.com SIP/2.0\r\n" HEAD(
			 "REGISTER") "Authorization: NoOneKnowsThisScheme opaque-data=here\r\n\r\n")
REFUSE(multi01, 400, INVITE HEAD("INVITE") CONTACT "CSeq: 5 INVITE\r\nCall-ID: another@192.0.2.1\r\n\r\n")
REFUSE(mcl01, 400, INVITE HEAD("INVITE") CONTACT "Content-Length: 13\r\nContent-Length: 5\r\n\r\nThere's no way")
ACCEPT(bcast,
       "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP 255.255.255.255;"
       "branch=z9hG4bK2\r\nVia: SIP/2.0/UDP host.example.com;branch=z9hG4bK3\r\n" FROM TO CALL_ID CSEQ("INVITE") "\r\n")
ACCEPT(zeromf, "OPTIONS sip:user@example.com SIP/2.0\r\n" VIA FROM TO CALL_ID CSEQ("OPTIONS") "Max-Forwards: 0\r\n\r\n")
ACCEPT(cparam01, "REGISTER sip:example.com SIP/2.0\r\n" HEAD(
			 "REGISTER") "Contact: sip:+19725552222@gw1.example.net;unknownparam\r\n\r\n")
ACCEPT(cparam02, "REGISTER sip:example.com SIP/2.0\r\n" HEAD(
			 "REGISTER") "Contact: <sip:+19725552222@gw1.example.net;unknownparam>\r\n\r\n")
ACCEPT(regescrt, "REGISTER sip:example.com SIP/2.0\r\n" HEAD(
			 "REGISTER") "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\r\n\r\n")
/* a body that our answer may refuse (Accept) is still one message */
ACCEPT(sdp01, INVITE HEAD("INVITE") CONTACT "Content-Type: application/sdp\r\nAccept: text/nobodyKnowsThis\r\n\r\n" SDP)
/* RFC 2543 let an INVITE go without Contact; a dialog of RFC 3261 has no target then */
REFUSE(inv2543, 400,
       "INVITE sip:UserB@example.com SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\n"
       "From: <sip:+13035551111@ift.client.example.net;user=phone>\r\nRecord-Route: "
       "<sip:UserB@example.com;maddr=ss1.example.com>"
       "\r\nTo: sip:+16505552222@ss1.example.net;user=phone\r\nCall-ID: inv2543\r\nCSeq: 56 INVITE\r\n\r\n" SDP)
