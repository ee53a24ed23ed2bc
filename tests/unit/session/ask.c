#include "session/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#define ASKERS    4
#define QUESTIONS 200

struct scene {
	uv_loop_t loop;
	struct pf_asks asks;
	unsigned answered; /* the loop's own: no lock */
	_Atomic unsigned refused, done;
	bool ended;
};

static void count(void *arg, void *user)
{
	struct scene *s = user;
	unsigned *number = arg;
	*number = ++s->answered;
}

static void *ask_many(void *arg)
{
	struct scene *s = arg;
	for (int i = 0; i < QUESTIONS; i++) {
		unsigned number = 0;
		int rc = pf_asks_ask(&s->asks, count, &number);
		if (rc == PF_ERR_CLOSED)
			atomic_fetch_add(&s->refused, 1);
		else
			assert_true(rc == PF_OK && number > 0);
	}
	atomic_fetch_add(&s->done, 1);
	return NULL;
}

static void handle_turn(uv_timer_t *timer)
{
	struct scene *s = timer->data;
	if (!s->ended && s->answered >= ASKERS * QUESTIONS / 2) {
		pf_asks_close(&s->asks);
		s->ended = true;
	}
	if (atomic_load(&s->done) == ASKERS)
		uv_close((uv_handle_t *)timer, NULL);
}

/* Every question is answered or refused, also those under way when it ends. */
static void many_ask_until_it_ends(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	pthread_t thread[ASKERS];
	uv_timer_t timer;
	assert_int_equal(uv_loop_init(&s->loop), 0);
	assert_int_equal(pf_asks_init(&s->asks, &s->loop, s), PF_OK);
	uv_timer_init(&s->loop, &timer);
	timer.data = s;
	uv_timer_start(&timer, handle_turn, 1, 1);
	uv_unref((uv_handle_t *)&s->asks.wake);
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_many, s), 0);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	for (int i = 0; i < ASKERS; i++)
		pthread_join(thread[i], NULL);
	assert_true(s->answered >= ASKERS * QUESTIONS / 2);
	assert_int_equal(s->answered + atomic_load(&s->refused), ASKERS * QUESTIONS);
	assert_int_equal(pf_asks_ask(&s->asks, count, NULL), PF_ERR_CLOSED);
	pf_asks_finish(&s->asks, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&s->loop), 0);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_ask_until_it_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
