/** test.h  A test is a function that returns nothing; TEST() in a file named test_*.c registers it.
 *
 *      TEST(sdp_refuses_a_port_of_six_digits)
 *      {
 *              REQUIRE(sdp_parse(&s, STR("...")) == -EBADMSG);
 *      }
 *
 *  `make test-c` runs: plain (all tests, and each must give back all memory), and oom (each test again with
 *  allocation 1, 2, 3... failing: it may fail its checks quietly, but must not crash or leak).
 *  A test that cannot run under oom (threads, timing) is declared with TEST_NO_OOM. */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct test {
	const char *name, *file;
	void (*run)(void);
	bool no_oom;
	struct test *next;
};
void test_register(struct test *t);
/** Records a failure; ignored in oom mode. */
void test_failed(const char *file, int line, const char *what);
/** In oom mode checks are expected to fail: the test returns early, cleaning up is what is tested. */
bool test_oom_mode(void);
/** A copy of `n` bytes that ends at an unreadable page: one byte over-read dies. Freed by the runner. */
void *test_guarded(const void *p, size_t n);

/* clang-format off */
#define TEST_(fn, oom)                                                                  \
	static void fn(void);                                                           \
	static struct test test_entry_##fn = {#fn, __FILE__, fn, oom, NULL};            \
	__attribute__((constructor)) static void test_ctor_##fn(void)                   \
	{                                                                               \
		test_register(&test_entry_##fn);                                        \
	}                                                                               \
	static void fn(void)
/* clang-format on */
#define TEST(fn)	TEST_(fn, false)
#define TEST_NO_OOM(fn) TEST_(fn, true)

/** CHECK goes to `out:` so that the test can free what it made. Every test has an `out:` label when it owns
 *  anything; REQUIRE returns at once, for tests that own nothing. */
/* clang-format off */
#define CHECK(cond)                                          \
	do {                                                 \
		if (!(cond)) {                               \
			test_failed(__FILE__, __LINE__, #cond); \
			goto out;                            \
		}                                            \
	} while (0)
/* clang-format on */
/* clang-format off */
#define REQUIRE(cond)                                        \
	do {                                                 \
		if (!(cond)) {                               \
			test_failed(__FILE__, __LINE__, #cond); \
			return;                              \
		}                                            \
	} while (0)
/* clang-format on */

#endif
