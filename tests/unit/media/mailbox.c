#include "media/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/error.h"
#include "os/clock.h"

static void count_release(struct pf_frame *frame, void *owner)
{
	(void)frame;
	++*(int *)owner;
}

static void init_frame(struct pf_frame *f, int *released)
{
	*f = (struct pf_frame){.on_release = count_release, .owner = released};
	atomic_init(&f->refs, 1);
}

static void newest_frame_wins_and_the_old_goes_back(void **state)
{
	struct pf_mailbox m;
	struct pf_frame a, b, *got = NULL;
	int released_a = 0, released_b = 0;
	pf_mailbox_init(&m);
	init_frame(&a, &released_a);
	init_frame(&b, &released_b);
	pf_mailbox_put(&m, &a);
	assert_int_equal(released_a, 0);
	pf_mailbox_put(&m, &b);
	assert_int_equal(released_a, 1);
	assert_int_equal(m.replaced, 1);
	assert_int_equal(pf_mailbox_take(&m, pf_now_ns(), &got), PF_OK);
	assert_ptr_equal(got, &b);
	assert_int_equal(released_b, 0);
	pf_frame_unref(got);
	assert_int_equal(released_b, 1);
	pf_mailbox_finish(&m);
}

static void the_damage_of_a_dropped_frame_is_not_lost(void **state)
{
	struct pf_mailbox m;
	struct pf_frame a, b, c, *got = NULL;
	int released = 0;
	pf_mailbox_init(&m);
	init_frame(&a, &released);
	init_frame(&b, &released);
	init_frame(&c, &released);
	a.damage_count = b.damage_count = 1;
	a.damage[0] = (struct pf_rect){1, 2, 3, 4};
	b.damage[0] = (struct pf_rect){5, 6, 7, 8};
	pf_mailbox_put(&m, &a);
	pf_mailbox_put(&m, &b);
	assert_int_equal(b.damage_count, 2);
	assert_int_equal(b.damage[1].width, 3);
	assert_false(b.full_damage);

	c.damage_count = PF_FRAME_DAMAGE_MAX - 1; /* no room for two more */
	pf_mailbox_put(&m, &c);
	assert_true(c.full_damage);
	assert_int_equal(c.damage_count, 0);
	assert_int_equal(pf_mailbox_take(&m, pf_now_ns(), &got), PF_OK);
	pf_frame_unref(got);
	pf_mailbox_finish(&m);
	assert_int_equal(released, 3);
}

static void what_nobody_took_goes_back_at_the_end(void **state)
{
	struct pf_mailbox m;
	struct pf_frame a;
	int released = 0;
	pf_mailbox_init(&m);
	init_frame(&a, &released);
	pf_mailbox_put(&m, &a);
	pf_mailbox_finish(&m);
	assert_int_equal(released, 1);
}

static void a_wake_is_remembered_once(void **state)
{
	struct pf_mailbox m;
	struct pf_frame a, *got = NULL;
	int released = 0;
	pf_mailbox_init(&m);
	pf_mailbox_wake(&m);
	pf_mailbox_wake(&m);
	assert_int_equal(pf_mailbox_take(&m, pf_now_ns() + 1000000000, &got), PF_ERR_AGAIN);
	assert_int_equal(pf_mailbox_take(&m, pf_now_ns() + 1000000, &got), PF_ERR_TIMEOUT);
	assert_null(got);

	init_frame(&a, &released);
	pf_mailbox_put(&m, &a);
	assert_int_equal(pf_mailbox_wait(&m, pf_now_ns()), PF_OK);
	assert_int_equal(pf_mailbox_take(&m, pf_now_ns(), &got), PF_OK);
	pf_frame_unref(got);
	pf_mailbox_finish(&m);
}

static void *put_frames(void *arg)
{
	void **what = arg;
	struct pf_mailbox *m = what[0];
	struct pf_frame *frames = what[1];
	int *released = what[2];
	for (int i = 0; i < 1000; i++) {
		init_frame(&frames[i], &released[i]);
		pf_mailbox_put(m, &frames[i]);
	}
	return NULL;
}

static void every_frame_is_released_exactly_once_across_threads(void **state)
{
	static struct pf_frame frames[1000];
	static int released[1000];
	struct pf_mailbox m;
	pthread_t thread;
	pf_mailbox_init(&m);
	void *what[] = {&m, frames, released};
	assert_int_equal(pthread_create(&thread, NULL, put_frames, what), 0);
	struct pf_frame *got = NULL;
	do {
		if (pf_mailbox_take(&m, pf_now_ns() + 10000000000, &got) != PF_OK)
			fail_msg("the last frame never came");
		bool last = got == &frames[999];
		pf_frame_unref(got);
		if (last)
			break;
	} while (true);
	pthread_join(thread, NULL);
	pf_mailbox_finish(&m);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(released[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_frame_wins_and_the_old_goes_back),
		cmocka_unit_test(the_damage_of_a_dropped_frame_is_not_lost),
		cmocka_unit_test(what_nobody_took_goes_back_at_the_end),
		cmocka_unit_test(a_wake_is_remembered_once),
		cmocka_unit_test(every_frame_is_released_exactly_once_across_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
