/** test_dsp_wav.c  WAV files good, damaged and hostile, each at the edge of a guard page. */
#include "dsp/wav.h"
#include "test/test.h"

#include <errno.h>
#include <string.h>

struct file {
	uint8_t b[256];
	size_t n;
};

static void put(struct file *f, const void *p, size_t n)
{
	memcpy(f->b + f->n, p, n);
	f->n += n;
}

static void put_le(struct file *f, uint32_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		f->b[f->n++] = (uint8_t)v;
}

static void put_chunk(struct file *f, const char *id, uint32_t size)
{
	put(f, id, 4);
	put_le(f, size, 4);
}

static void put_fmt(struct file *f, uint16_t tag, uint16_t channels, uint16_t bits)
{
	put_chunk(f, "fmt ", 16);
	put_le(f, tag, 2);
	put_le(f, channels, 2);
	put_le(f, 8000, 4);
	put_le(f, 8000u * channels * bits / 8, 4);
	put_le(f, channels * bits / 8u, 2);
	put_le(f, bits, 2);
}

static struct file riff(void)
{
	struct file f = {.n = 0};
	put(&f, "RIFF\0\0\0\0WAVE", 12);
	return f;
}

static int parse(struct wav *w, const struct file *f, const char **why)
{
	*why = NULL;
	return wav_parse(w, test_guarded(f->b, f->n), f->n, why);
}

static bool refused(const struct file *f, const char *text)
{
	struct wav w;
	const char *why;
	return parse(&w, f, &why) == -EBADMSG && why && strstr(why, text);
}

TEST(wav_reads_pcm_of_two_channels)
{
	struct file f = riff();
	struct wav w;
	const char *why;
	int16_t out[2];
	put_fmt(&f, 1, 2, 16);
	put_chunk(&f, "data", 8);
	put(&f, "\x01\x00\xff\xff\x00\x80\xff\x7f", 8);
	REQUIRE(parse(&w, &f, &why) == 0);
	REQUIRE(w.format == WAV_PCM16 && w.channels == 2 && w.rate == 8000 && w.n == 8);
	REQUIRE(wav_decode(&w, 0, out) == 2 && out[0] == 1 && out[1] == -32768);
	REQUIRE(wav_decode(&w, 1, out) == 2 && out[0] == -1 && out[1] == 32767);
	REQUIRE(wav_decode(&w, 2, out) == 0);
}

TEST(wav_reads_both_laws)
{
	static const struct {
		uint16_t tag;
		uint8_t code;
		int16_t value;
	} laws[] = {{7, 0x80, 32124}, {6, 0xaa, 32256}};
	for (size_t i = 0; i < 2; i++) {
		struct file f = riff();
		struct wav w;
		const char *why;
		int16_t out[1];
		put_fmt(&f, laws[i].tag, 1, 8);
		put_chunk(&f, "data", 1);
		put(&f, &laws[i].code, 1);
		REQUIRE(parse(&w, &f, &why) == 0);
		REQUIRE(wav_decode(&w, 0, out) == 1 && out[0] == laws[i].value);
	}
}

static void put_extensible(struct file *f, uint16_t tag, uint32_t size, uint8_t guid_end)
{
	put_fmt(f, 0xfffe, 1, 8);
	memcpy(f->b + f->n - 20, &size, 4); /* little-endian hosts run the tests */
	put_le(f, 22, 2);
	put_le(f, 8, 2);
	put_le(f, 0, 4);
	put_le(f, tag, 2);
	put(f, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b", 13);
	put_le(f, guid_end, 1);
}

TEST(wav_reads_the_extensible_format)
{
	struct file f = riff();
	struct wav w;
	const char *why;
	put_extensible(&f, 7, 40, 0x71);
	put_chunk(&f, "data", 1);
	put(&f, "\xff", 1);
	REQUIRE(parse(&w, &f, &why) == 0);
	REQUIRE(w.format == WAV_ULAW && w.n == 1);
}

TEST(wav_refuses_an_extensible_format_it_does_not_know)
{
	struct file f = riff();
	put_extensible(&f, 7, 40, 0x72);
	REQUIRE(refused(&f, "sub-format"));
	f = riff();
	put_extensible(&f, 3, 40, 0x71);
	REQUIRE(refused(&f, "not PCM"));
	f = riff();
	put_extensible(&f, 7, 38, 0x71);
	REQUIRE(refused(&f, "shorter than 40"));
}

TEST(wav_takes_the_rest_of_a_file_whose_data_size_was_never_written)
{
	static const uint32_t sizes[] = {0, 0xffffffff, 0x7fffffff, 7};
	for (size_t i = 0; i < 4; i++) {
		struct file f = riff();
		struct wav w;
		const char *why;
		put_fmt(&f, 1, 1, 16);
		put_chunk(&f, "data", sizes[i]);
		put(&f, "\1\2\3\4\5", 5);
		REQUIRE(parse(&w, &f, &why) == 0);
		REQUIRE(w.n == 4); /* whole samples only */
	}
}

TEST(wav_skips_other_chunks_with_their_padding)
{
	struct file f = riff();
	struct wav w;
	const char *why;
	put_chunk(&f, "LIST", 3);
	put(&f, "abc\0", 4);
	put_fmt(&f, 7, 1, 8);
	put_chunk(&f, "fact", 4);
	put_le(&f, 2, 4);
	put_chunk(&f, "data", 2);
	put(&f, "\xff\xfe\0\0", 4);
	REQUIRE(parse(&w, &f, &why) == 0);
	REQUIRE(w.n == 2 && w.data[1] == 0xfe);
}

TEST(wav_refuses_chunks_in_the_wrong_order_or_missing)
{
	struct file f = riff();
	REQUIRE(refused(&f, "no format chunk"));
	put_fmt(&f, 7, 1, 8);
	REQUIRE(refused(&f, "no data chunk"));
	f = riff();
	put_chunk(&f, "data", 0);
	REQUIRE(refused(&f, "before the format"));
	f = riff();
	put_chunk(&f, "LIST", 0xfffffff8);
	REQUIRE(refused(&f, "longer than the file"));
	f = riff();
	put_chunk(&f, "fmt ", 4);
	put_le(&f, 7, 4);
	REQUIRE(refused(&f, "shorter than 16"));
}

TEST(wav_refuses_formats_it_cannot_play)
{
	static const struct {
		uint16_t tag, channels, bits;
		const char *text;
	} cases[] = {{3, 1, 32, "not PCM"},
		     {1, 1, 8, "not 16-bit"},
		     {1, 1, 24, "not 16-bit"},
		     {7, 1, 16, "not 8-bit"},
		     {7, 0, 8, "no channels"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct file f = riff();
		put_fmt(&f, cases[i].tag, cases[i].channels, cases[i].bits);
		put_chunk(&f, "data", 0);
		REQUIRE(refused(&f, cases[i].text));
	}
}

TEST(wav_refuses_every_file_cut_before_its_data)
{
	struct file f = riff();
	struct wav w;
	const char *why;
	put_fmt(&f, 7, 1, 8);
	put_chunk(&f, "data", 3);
	size_t head = f.n;
	put(&f, "\1\2\3", 3);
	for (size_t n = 0; n <= f.n; n++) {
		int rc = wav_parse(&w, test_guarded(f.b, n), n, &why);
		REQUIRE(rc == (n < head ? -EBADMSG : 0));
		REQUIRE(n < head || w.n == n - head);
	}
}

TEST(wav_header_is_read_back)
{
	static const enum wav_format formats[] = {WAV_PCM16, WAV_ALAW, WAV_ULAW};
	for (size_t i = 0; i < 3; i++) {
		struct file f = {.n = WAV_HEADER};
		struct wav w;
		const char *why;
		wav_header(f.b, formats[i], 2, 8000, 12);
		put(&f, "abcdefghijkl-more", 17);
		REQUIRE(parse(&w, &f, &why) == 0);
		REQUIRE(w.format == formats[i] && w.channels == 2 && w.rate == 8000 && w.n == 12);
		REQUIRE(memcmp(w.data, "abcdefghijkl", 12) == 0);
		REQUIRE(wav_samples(&w) == (formats[i] == WAV_PCM16 ? 3 : 6));
	}
}

TEST(wav_header_pads_odd_data_to_an_even_riff_size)
{
	uint8_t head[WAV_HEADER];
	wav_header(head, WAV_ULAW, 1, 8000, 3);
	REQUIRE(head[4] == WAV_HEADER - 8 + 4 && head[54] == 3);
}
