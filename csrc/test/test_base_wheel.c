/** test_base_wheel.c  Timers. */
#include "test/test.h"

#include <string.h>

#include "base/wheel.h"

enum { N = 2000 };
static const uint64_t ms = 1000000;

TEST(wheel_fires_never_early_and_at_most_a_tick_late)
{
	static struct wheel w;
	static struct wheel_timer t[N];
	static uint64_t at[N];
	uint64_t now = 123456789123, r = 88172645463325252u;
	unsigned left = N;
	memset(&w, 0, sizeof(w));
	memset(t, 0, sizeof(t));
	for (unsigned i = 0; i < N; i++) {
		r ^= r << 13, r ^= r >> 7, r ^= r << 17;
		at[i] = now + r % (i % 3 ? 70000 * ms : i % 2 ? 500 * ms : 40000000 * ms);
		wheel_set(&w, &t[i], at[i], now);
	}
	while (left) {
		uint64_t next = wheel_next(&w);
		struct wheel_timer *f;
		REQUIRE(next != UINT64_MAX);
		now = next > now ? next : now;
		while ((f = wheel_pop(&w, now)) != NULL) {
			unsigned i = (unsigned)(f - t);
			REQUIRE(now >= at[i] && now - at[i] < ms && !wheel_is_set(f));
			left--;
		}
	}
	REQUIRE(wheel_next(&w) == UINT64_MAX);
}

TEST(wheel_timer_moves_and_clears)
{
	static struct wheel w;
	struct wheel_timer a = {0}, b = {0};
	memset(&w, 0, sizeof(w));
	wheel_set(&w, &a, 10 * ms, 0);
	wheel_set(&w, &b, 20 * ms, 0);
	wheel_set(&w, &a, 30 * ms, 0);
	REQUIRE(wheel_pop(&w, 15 * ms) == NULL);
	REQUIRE(wheel_pop(&w, 25 * ms) == &b);
	wheel_clear(&w, &a);
	wheel_clear(&w, &a);
	REQUIRE(wheel_pop(&w, 100 * ms) == NULL && wheel_next(&w) == UINT64_MAX);
	wheel_set(&w, &a, 50 * ms, 100 * ms); /* in the past: due at once */
	REQUIRE(wheel_pop(&w, 100 * ms) == &a);
}

TEST(wheel_survives_a_long_sleep)
{
	static struct wheel w;
	struct wheel_timer a = {0}, b = {0};
	memset(&w, 0, sizeof(w));
	wheel_set(&w, &a, 10 * ms, 0);
	wheel_set(&w, &b, 86400000 * ms, 0);
	REQUIRE(wheel_pop(&w, 5000000 * ms) == &a && wheel_pop(&w, 5000000 * ms) == NULL);
	wheel_set(&w, &a, 5000001 * ms, 5000000 * ms);
	REQUIRE(wheel_next(&w) <= 5000001 * ms);
	REQUIRE(wheel_pop(&w, 5000001 * ms) == &a);
	REQUIRE(wheel_pop(&w, 86399999 * ms) == NULL && wheel_pop(&w, 86400000 * ms) == &b);
}
