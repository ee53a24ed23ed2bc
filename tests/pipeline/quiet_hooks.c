/*
 * The functions that are counted, in front of those of the system: the loader finds the program's own first, for the
 * shared libraries as well. Conditions exist in two versions, of which a search at run time finds the wrong one:
 * those of the linked objects are renamed by the linker (--wrap). Who waits for one holds a lock, which is counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "quiet_calls.h"

#define REAL(name) ((__typeof__(&(name)))real(#name))

/* What a thread that does call these pays for it is of no interest. */
static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		abort();
	return found;
}

/* ---- memory: of glibc, under the names that it keeps for this ---- */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);
void __libc_free(void *p);

void *malloc(size_t bytes)
{
	quiet_calls_note(QUIET_ALLOCATIONS);
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	quiet_calls_note(QUIET_ALLOCATIONS);
	return __libc_calloc(count, bytes);
}

void *realloc(void *p, size_t bytes)
{
	quiet_calls_note(QUIET_ALLOCATIONS);
	return __libc_realloc(p, bytes);
}

void *reallocarray(void *p, size_t count, size_t bytes)
{
	size_t all;
	if (__builtin_mul_overflow(count, bytes, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, all);
}

void *memalign(size_t alignment, size_t bytes)
{
	quiet_calls_note(QUIET_ALLOCATIONS);
	return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	return memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
	void *p = memalign(alignment, bytes);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void free(void *p)
{
	quiet_calls_note(QUIET_FREES);
	__libc_free(p);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	quiet_calls_note(QUIET_MAPPINGS);
	return REAL(mmap)(at, bytes, protection, flags, fd, offset);
}

int munmap(void *at, size_t bytes)
{
	quiet_calls_note(QUIET_MAPPINGS);
	return REAL(munmap)(at, bytes);
}

int madvise(void *at, size_t bytes, int advice)
{
	quiet_calls_note(QUIET_MAPPINGS);
	return REAL(madvise)(at, bytes, advice);
}

/* ---- locks ---- */

int pthread_mutex_lock(pthread_mutex_t *m)
{
	quiet_calls_note(QUIET_LOCKS);
	return REAL(pthread_mutex_lock)(m);
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
	quiet_calls_note(QUIET_LOCKS);
	return REAL(pthread_mutex_trylock)(m);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	quiet_calls_note(QUIET_LOCKS);
	return REAL(pthread_rwlock_rdlock)(l);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	quiet_calls_note(QUIET_LOCKS);
	return REAL(pthread_rwlock_wrlock)(l);
}

int __real_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __real_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);
int __real_pthread_cond_signal(pthread_cond_t *c);
int __real_pthread_cond_broadcast(pthread_cond_t *c);
int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until);
int __wrap_pthread_cond_signal(pthread_cond_t *c);
int __wrap_pthread_cond_broadcast(pthread_cond_t *c);

int __wrap_pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	quiet_calls_note(QUIET_CONDITIONS);
	return __real_pthread_cond_wait(c, m);
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until)
{
	quiet_calls_note(QUIET_CONDITIONS);
	return __real_pthread_cond_timedwait(c, m, until);
}

int __wrap_pthread_cond_signal(pthread_cond_t *c)
{
	quiet_calls_note(QUIET_CONDITIONS);
	return __real_pthread_cond_signal(c);
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *c)
{
	quiet_calls_note(QUIET_CONDITIONS);
	return __real_pthread_cond_broadcast(c);
}

/* ---- lines ---- */

ssize_t write(int fd, const void *bytes, size_t len)
{
	quiet_calls_note(QUIET_WRITES);
	return REAL(write)(fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *part, int parts)
{
	quiet_calls_note(QUIET_WRITES);
	return REAL(writev)(fd, part, parts);
}
