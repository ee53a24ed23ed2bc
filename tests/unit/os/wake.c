#include "os/wake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#include "os/clock.h"

#define ROUNDS 2000

static void a_signal_before_the_wait_counts_once(void **state)
{
	struct pf_wake w = {0};
	pf_wake_signal(&w);
	pf_wake_signal(&w);
	pf_wake_wait(&w, PF_WAKE_FOREVER);
	/* It is used up: only the deadline ends this one. */
	int64_t deadline = pf_now_ns() + 2000000;
	while (pf_now_ns() < deadline)
		pf_wake_wait(&w, deadline);
	pf_wake_wait(&w, 0);
}

struct relay {
	struct pf_wake to_thread, to_test;
	unsigned handed; /* written by the test, read by the thread after its wake */
	_Atomic unsigned seen;
};

static void *follow(void *arg)
{
	struct relay *r = arg;
	unsigned last = 0;
	while (last < ROUNDS) {
		pf_wake_wait(&r->to_thread, PF_WAKE_FOREVER);
		if (r->handed == last)
			continue;
		last = r->handed;
		atomic_store(&r->seen, last);
		pf_wake_signal(&r->to_test);
	}
	return NULL;
}

/* Hand to hand without a lock: no signal is lost, whichever side sleeps first. */
static void no_signal_is_lost_between_threads(void **state)
{
	struct relay r = {0};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, follow, &r), 0);
	for (unsigned i = 1; i <= ROUNDS; i++) {
		r.handed = i;
		pf_wake_signal(&r.to_thread);
		while (atomic_load(&r.seen) < i)
			pf_wake_wait(&r.to_test, PF_WAKE_FOREVER);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&r.seen), ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_before_the_wait_counts_once),
		cmocka_unit_test(no_signal_is_lost_between_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
