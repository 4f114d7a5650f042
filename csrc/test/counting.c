/** counting.c  The program's definitions come before those of the C library, for shared libraries too. */
#include "test/counting.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

static _Thread_local bool counting;
static _Thread_local struct counting counted;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
bool counting_works(void)
{
	return false;
}
#else
bool counting_works(void)
{
	return true;
}

void *__libc_malloc(size_t n); /* what glibc itself calls them */
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void *malloc(size_t n)
{
	counted.heap += counting;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	counted.heap += counting;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	counted.heap += counting;
	return __libc_realloc(p, n);
}

void free(void *p)
{
	counted.heap += counting;
	__libc_free(p);
}

/* The next definition of a function after ours, which is glibc's. */
#define LOCK(name, type)                                                                                               \
	int name(type *lock)                                                                                           \
	{                                                                                                              \
		static int (*_Atomic next)(type *);                                                                    \
		if (!next)                                                                                             \
			*(void **)(void *)&next = dlsym(RTLD_NEXT, #name);                                             \
		counted.locks += counting;                                                                             \
		return next(lock);                                                                                     \
	}
LOCK(pthread_mutex_lock, pthread_mutex_t)
LOCK(pthread_mutex_trylock, pthread_mutex_t)
LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
LOCK(pthread_cond_signal, pthread_cond_t)
LOCK(pthread_cond_broadcast, pthread_cond_t)
#endif

void counting_start(void)
{
	counting = true;
}

void counting_pause(void)
{
	counting = false;
}

struct counting counting_take(void)
{
	struct counting c = counted;
	counting = false;
	counted = (struct counting){0};
	return c;
}
