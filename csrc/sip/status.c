/** status.c  Reason phrases, Q.850 causes, names of the sides of a call. */
#include "switchroom.h"

/* status, reason phrase (RFC 3261 21 and the IANA registry), cause (RFC 3398 8.2.6.1; 0: that table has none).
 * 487 has no mapping there; 488 and 606 are mapped by their Warning, so nothing fits without one. */
#define STATUSES(X)                                                                                                    \
	X(100, "Trying", 0)                                                                                            \
	X(180, "Ringing", 0)                                                                                           \
	X(181, "Call Is Being Forwarded", 0)                                                                           \
	X(182, "Queued", 0)                                                                                            \
	X(183, "Session Progress", 0)                                                                                  \
	X(199, "Early Dialog Terminated", 0)                                                                           \
	X(200, "OK", 16)                                                                                               \
	X(202, "Accepted", 16)                                                                                         \
	X(204, "No Notification", 16)                                                                                  \
	X(300, "Multiple Choices", 0)                                                                                  \
	X(301, "Moved Permanently", 0)                                                                                 \
	X(302, "Moved Temporarily", 0)                                                                                 \
	X(305, "Use Proxy", 0)                                                                                         \
	X(380, "Alternative Service", 0)                                                                               \
	X(400, "Bad Request", 41)                                                                                      \
	X(401, "Unauthorized", 21)                                                                                     \
	X(402, "Payment Required", 21)                                                                                 \
	X(403, "Forbidden", 21)                                                                                        \
	X(404, "Not Found", 1)                                                                                         \
	X(405, "Method Not Allowed", 63)                                                                               \
	X(406, "Not Acceptable", 79)                                                                                   \
	X(407, "Proxy Authentication Required", 21)                                                                    \
	X(408, "Request Timeout", 102)                                                                                 \
	X(410, "Gone", 22)                                                                                             \
	X(412, "Conditional Request Failed", 0)                                                                        \
	X(413, "Request Entity Too Large", 127)                                                                        \
	X(414, "Request-URI Too Long", 127)                                                                            \
	X(415, "Unsupported Media Type", 79)                                                                           \
	X(416, "Unsupported URI Scheme", 127)                                                                          \
	X(417, "Unknown Resource-Priority", 0)                                                                         \
	X(420, "Bad Extension", 127)                                                                                   \
	X(421, "Extension Required", 127)                                                                              \
	X(422, "Session Interval Too Small", 0)                                                                        \
	X(423, "Interval Too Brief", 127)                                                                              \
	X(428, "Use Identity Header", 0)                                                                               \
	X(429, "Provide Referrer Identity", 0)                                                                         \
	X(430, "Flow Failed", 0)                                                                                       \
	X(433, "Anonymity Disallowed", 0)                                                                              \
	X(436, "Bad Identity Info", 0)                                                                                 \
	X(437, "Unsupported Credential", 0)                                                                            \
	X(438, "Invalid Identity Header", 0)                                                                           \
	X(439, "First Hop Lacks Outbound Support", 0)                                                                  \
	X(440, "Max-Breadth Exceeded", 0)                                                                              \
	X(469, "Bad Info Package", 0)                                                                                  \
	X(470, "Consent Needed", 0)                                                                                    \
	X(480, "Temporarily Unavailable", 18)                                                                          \
	X(481, "Call/Transaction Does Not Exist", 41)                                                                  \
	X(482, "Loop Detected", 25)                                                                                    \
	X(483, "Too Many Hops", 25)                                                                                    \
	X(484, "Address Incomplete", 28)                                                                               \
	X(485, "Ambiguous", 1)                                                                                         \
	X(486, "Busy Here", 17)                                                                                        \
	X(487, "Request Terminated", 0)                                                                                \
	X(488, "Not Acceptable Here", 0)                                                                               \
	X(489, "Bad Event", 0)                                                                                         \
	X(491, "Request Pending", 0)                                                                                   \
	X(493, "Undecipherable", 0)                                                                                    \
	X(494, "Security Agreement Required", 0)                                                                       \
	X(500, "Server Internal Error", 41)                                                                            \
	X(501, "Not Implemented", 79)                                                                                  \
	X(502, "Bad Gateway", 38)                                                                                      \
	X(503, "Service Unavailable", 41)                                                                              \
	X(504, "Server Time-out", 102)                                                                                 \
	X(505, "Version Not Supported", 127)                                                                           \
	X(513, "Message Too Large", 127)                                                                               \
	X(555, "Push Notification Service Not Supported", 0)                                                           \
	X(580, "Precondition Failure", 0)                                                                              \
	X(600, "Busy Everywhere", 17)                                                                                  \
	X(603, "Decline", 21)                                                                                          \
	X(604, "Does Not Exist Anywhere", 1)                                                                           \
	X(606, "Not Acceptable", 0)                                                                                    \
	X(607, "Unwanted", 21)                                                                                         \
	X(608, "Rejected", 21)

unsigned sip_status_q850(unsigned status)
{
	unsigned cause = 0;
	switch (status) {
#define X(code, text, q850)                                                                                            \
	case code:                                                                                                     \
		cause = q850;                                                                                          \
		break;
		STATUSES(X)
#undef X
	default:
		cause = status >= 200 && status < 300 ? 16 : 0;
	}
	return cause ? cause : 31;
}

const char *sip_status_text(unsigned status)
{
	switch (status) {
#define X(code, text, q850)                                                                                            \
	case code:                                                                                                     \
		return text;
		STATUSES(X)
#undef X
	default:
		return "Unknown";
	}
}

const char *sip_side_name(enum sip_side side)
{
	static const char *const names[] = {
#define X(name, text) text,
		SIP_SIDES(X)
#undef X
	};
	return (unsigned)side < SIP_SIDE_COUNT ? names[side] : "unknown";
}
