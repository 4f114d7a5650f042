/** runner.c  Runs the registered tests: `runner [plain|oom] [name-part]`. */
#include "test/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

enum { GUARDS_MAX = 4096, OOM_MAX = 3000 };

static struct test *tests;
static bool oom;
static unsigned failures;

static struct {
	void *base;
	size_t n;
} guards[GUARDS_MAX];
static size_t guards_n;

void test_register(struct test *t)
{
	t->next = tests;
	tests = t;
}

bool test_oom_mode(void)
{
	return oom;
}

void test_failed(const char *file, int line, const char *what)
{
	if (oom)
		return;
	failures++;
	printf("  FAILED %s:%d: %s\n", file, line, what);
}

void *test_guarded(const void *p, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (n + page - 1) / page * page;
	if (guards_n == GUARDS_MAX)
		abort();
	char *base = mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		abort();
	if (mprotect(base + body, page, PROT_NONE) != 0)
		abort();
	guards[guards_n].base = base;
	guards[guards_n++].n = body + page;
	if (n)
		memcpy(base + body - n, p, n);
	return base + body - n;
}

static void guards_free(void)
{
	while (guards_n) {
		guards_n--;
		munmap(guards[guards_n].base, guards[guards_n].n);
	}
}

static void check_leak(const struct test *t, int64_t before, uint64_t at)
{
	int64_t leaked = mem_live() - before;
	if (leaked == 0)
		return;
	failures++;
	printf("  FAILED %s (%s): %lld allocations not freed (failing allocation %llu)\n", t->name, t->file,
	       (long long)leaked, (unsigned long long)at);
}

static void run_plain(const struct test *t)
{
	int64_t before = mem_live();
	t->run();
	guards_free();
	check_leak(t, before, 0);
}

static void run_oom(const struct test *t)
{
	if (t->no_oom)
		return;
	for (uint64_t at = 1; at <= OOM_MAX; at++) {
		int64_t before = mem_live();
		uint64_t count = mem_count();
		mem_fail_at(at);
		t->run();
		mem_fail_at(0);
		guards_free();
		check_leak(t, before, at);
		if (mem_count() - count < at)
			return; /* it needs fewer allocations than that: done */
	}
}

int main(int argc, char **argv)
{
	unsigned ran = 0;
	const char *part = argc > 2 ? argv[2] : "";
	oom = argc > 1 && strcmp(argv[1], "oom") == 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct test *t = tests; t; t = t->next) {
		if (!strstr(t->name, part) && !strstr(t->file, part))
			continue;
		unsigned before = failures;
		(oom ? run_oom : run_plain)(t);
		if (failures != before)
			printf("not ok %s\n", t->name);
		ran++;
	}
	printf("c-tests (%s): %u passed, %u failed\n", oom ? "oom" : "plain", ran - (failures < ran ? failures : ran),
	       failures);
	return failures || !ran;
}
