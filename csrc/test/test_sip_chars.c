/** test_sip_chars.c  The two tables of character classes say the same; runs end where they should. */
#include "sip/chars.h"
#include "test/sip_text.h"

TEST(chars_tables_agree)
{
	for (unsigned i = 0; i < 16; i++) {
		for (unsigned c = 0; c < 256; c++) {
			unsigned cls = 1u << i;
			bool wide = c < 128 ? sip_nibbles[i][c & 15] >> (c >> 4) & 1 : (cls & CH_UTF8) != 0;
			REQUIRE(wide == ch_is((char)c, cls));
		}
	}
}

TEST(chars_run_ends_at_the_first_stranger)
{
	enum { N = 40 };
	char zeros[N] = {0}, *text = test_guarded(zeros, N);
	for (unsigned i = 0; i < 16; i++) {
		unsigned cls = 1u << i;
		char member = 0;
		while (!ch_is(member, cls))
			member++;
		for (unsigned c = 0; c < 256; c++) {
			for (size_t at = 0; at < N; at += 13) {
				memset(text, member, N);
				text[at] = (char)c;
				REQUIRE(ch_run(text, text + N, cls) == text + (ch_is((char)c, cls) ? N : at));
			}
		}
	}
}
