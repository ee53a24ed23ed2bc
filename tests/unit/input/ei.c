/* What a compositor gets through the EI protocol, and what happens when it pauses, goes or never answers. */
#include "input/input.h"

#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ei_server.h"
#include "os/clock.h"

struct peer {
	struct ei_server *server;
	struct pf_input *in;
};

static int set_up_with(void **state, enum ei_server_manner manner)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct pf_reason reason = {{0}};
	int fd;
	p->server = ei_server_start(manner, &fd);
	if (pf_input_ei_create_fd(&p->in, fd, &reason) < 0)
		fail_msg("%s", reason.text);
	/* Created with its first device; the others come right behind. */
	for (int i = 0; i < 20; i++, usleep(5000))
		p->in->impl->flush(p->in);
	*state = p;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, EI_SERVER_WILLING);
}

static int set_up_paused(void **state)
{
	return set_up_with(state, EI_SERVER_PAUSED);
}

static int tear_down(void **state)
{
	struct peer *p = *state;
	p->in->impl->destroy(p->in);
	ei_server_stop(p->server);
	free(p);
	return 0;
}

static void hear(struct peer *p)
{
	usleep(20000);
	p->in->impl->flush(p->in);
}

static void keys_arrive_once(void **state)
{
	struct peer *p = *state;
	p->in->impl->key(p->in, KEY_A, true);
	p->in->impl->key(p->in, KEY_A, true);
	p->in->impl->key(p->in, KEY_LEFTSHIFT, true);
	p->in->impl->key(p->in, KEY_A, false);
	p->in->impl->key(p->in, KEY_A, false);
	p->in->impl->key(p->in, KEY_LEFTSHIFT, false);
	p->in->impl->key(p->in, BTN_LEFT, true);
	p->in->impl->key(p->in, 100000, true);
	ei_server_expect(p->server, "key 30 1\nkey 42 1\nkey 30 0\nkey 42 0\n");
}

/* The server's keyboard is a German one. */
static void text_is_typed(void **state)
{
	struct peer *p = *state;
	assert_true(p->in->takes & PF_INPUT_TAKES_TEXT);
	p->in->impl->text(p->in, 'y');
	p->in->impl->text(p->in, 0xC4);    /* A with diaeresis */
	p->in->impl->text(p->in, '@');     /* AltGr and Q */
	p->in->impl->text(p->in, 0x1F600); /* on no key */
	p->in->impl->text(p->in, '\r');
	p->in->impl->text(p->in, 0);
	ei_server_expect(p->server, "key 44 1\nkey 44 0\nkey 42 1\nkey 40 1\nkey 40 0\nkey 42 0\n"
				    "key 100 1\nkey 16 1\nkey 16 0\nkey 100 0\n");
	/* What the hand holds, it holds on. */
	p->in->impl->key(p->in, KEY_LEFTCTRL, true);
	p->in->impl->key(p->in, KEY_LEFTSHIFT, true);
	p->in->impl->text(p->in, 'B');
	p->in->impl->key(p->in, KEY_LEFTSHIFT, false);
	ei_server_expect(p->server, "key 29 1\nkey 42 1\nkey 29 0\nkey 48 1\nkey 48 0\nkey 29 1\nkey 42 0\n");
}

static void motion_arrives(void **state)
{
	struct peer *p = *state;
	p->in->impl->move(p->in, 3, -4);
	p->in->impl->place(p->in, 640, 360, 1280, 720);
	p->in->impl->place(p->in, 0, 0, 1280, 720);
	p->in->impl->place(p->in, 1280, 720, 1280, 720);
	ei_server_expect(p->server, "move 3 -4\nplace 960 540\nplace 0 0\nplace 1919.94 1079.94\n");
}

static void the_picture_is_the_region_that_is_meant(void **state)
{
	struct peer *p = *state;
	assert_int_equal(pf_input_ei_aim(p->in, "right"), PF_OK);
	p->in->impl->place(p->in, 1, 1, 2, 2);
	assert_int_equal(pf_input_ei_aim(p->in, "unheard of"), PF_OK);
	p->in->impl->place(p->in, 1, 1, 2, 2);
	assert_int_equal(pf_input_ei_aim(p->in, NULL), PF_OK);
	p->in->impl->place(p->in, 1, 1, 4, 4);
	ei_server_expect(p->server, "place 2420 250\nplace 960 540\nplace 480 270\n");
}

static void buttons_arrive(void **state)
{
	struct peer *p = *state;
	for (unsigned b = PF_BUTTON_LEFT; b <= PF_BUTTON_FORWARD; b++) {
		p->in->impl->button(p->in, (enum pf_button)b, true);
		p->in->impl->button(p->in, (enum pf_button)b, false);
	}
	ei_server_expect(p->server, "button 0x110 1\nbutton 0x110 0\nbutton 0x112 1\nbutton 0x112 0\nbutton "
				    "0x111 1\nbutton 0x111 0\n"
				    "button 0x113 1\nbutton 0x113 0\nbutton 0x114 1\nbutton 0x114 0\n");
}

static void scrolling_arrives(void **state)
{
	struct peer *p = *state;
	p->in->impl->wheel(p->in, PF_SCROLL_VERTICAL, 120);
	p->in->impl->wheel(p->in, PF_SCROLL_HORIZONTAL, -15);
	p->in->impl->finger_scroll(p->in, PF_SCROLL_VERTICAL, -384, false);
	p->in->impl->finger_scroll(p->in, PF_SCROLL_HORIZONTAL, 256, false);
	p->in->impl->finger_scroll(p->in, PF_SCROLL_VERTICAL, 0, true);
	p->in->impl->finger_scroll(p->in, PF_SCROLL_HORIZONTAL, 0, true);
	ei_server_expect(
		p->server, "wheel 0 -120\nwheel -15 0\nscroll 0 1.5\nscroll 1 0\nstop 0 1\nstop 1 0\n");
}

static void touch(struct peer *p, enum pf_touch_phase phase, unsigned slot, float x, float y)
{
	struct pf_touch t = {.phase = phase, .slot = slot, .x = x, .y = y};
	p->in->impl->touch(p->in, &t);
}

static void fingers_arrive(void **state)
{
	struct peer *p = *state;
	assert_true(p->in->takes & PF_INPUT_TAKES_TOUCH);
	touch(p, PF_TOUCH_MOVE, 0, 0.1f, 0.1f);
	touch(p, PF_TOUCH_UP, 0, 0, 0);
	touch(p, PF_TOUCH_DOWN, 0, 0.5f, 0.5f);
	touch(p, PF_TOUCH_DOWN, 9, 0, 1);
	touch(p, PF_TOUCH_MOVE, 0, 0.25f, 0.25f);
	touch(p, PF_TOUCH_UP, 9, 0, 0);
	/* An end that was lost on the way. */
	touch(p, PF_TOUCH_DOWN, 0, 0, 0);
	touch(p, PF_TOUCH_UP, 0, 0, 0);
	ei_server_expect(p->server, "down 960 540\ndown 0 1079.94\ndrag 480 270\nup\nup\ndown 0 0\nup\n");
}

static void use_everything(struct peer *p)
{
	p->in->impl->key(p->in, KEY_A, true);
	p->in->impl->key(p->in, KEY_A, false);
	p->in->impl->move(p->in, 1, 1);
	p->in->impl->place(p->in, 1, 1, 2, 2);
	p->in->impl->button(p->in, PF_BUTTON_LEFT, true);
	p->in->impl->wheel(p->in, PF_SCROLL_VERTICAL, 120);
	touch(p, PF_TOUCH_DOWN, 0, 0, 0);
	touch(p, PF_TOUCH_MOVE, 0, 1, 1);
}

static void paused_devices_are_sent_nothing(void **state)
{
	struct peer *p = *state;
	use_everything(p);
	ei_server_order(p->server, EI_SERVER_RESUME);
	hear(p);
	ei_server_expect(p->server, "");
	p->in->impl->key(p->in, KEY_A, true);
	p->in->impl->move(p->in, 1, 2);
	ei_server_expect(p->server, "key 30 1\nmove 1 2\n");
}

static void a_device_that_goes_takes_its_keys_along(void **state)
{
	struct peer *p = *state;
	p->in->impl->key(p->in, KEY_A, true);
	ei_server_expect(p->server, "key 30 1\n");
	ei_server_order(p->server, EI_SERVER_REMOVE_KEYBOARD);
	hear(p);
	p->in->impl->key(p->in, KEY_A, false);
	p->in->impl->key(p->in, KEY_B, true);
	p->in->impl->move(p->in, 1, 2);
	ei_server_expect(p->server, "move 1 2\n");
}

static void a_server_that_dies_is_survived(void **state)
{
	struct peer *p = *state;
	use_everything(p);
	ei_server_order(p->server, EI_SERVER_DIE);
	for (int i = 0; i < 100; i++) {
		use_everything(p);
		touch(p, PF_TOUCH_UP, 0, 0, 0);
		if (i >= 50)
			p->in->impl->flush(p->in);
	}
}

static void a_server_that_does_not_read_stops_nobody(void **state)
{
	struct peer *p = *state;
	int64_t slowest_ns = 0;
	ei_server_order(p->server, EI_SERVER_STALL);
	for (int i = 0; i < 50000; i++) {
		int64_t start_ns = pf_now_ns();
		use_everything(p);
		p->in->impl->flush(p->in);
		int64_t took_ns = pf_now_ns() - start_ns;
		slowest_ns = took_ns > slowest_ns ? took_ns : slowest_ns;
	}
	assert_true(slowest_ns < INT64_C(1000000000));
}

static void attempt(enum ei_server_manner manner, int expected, int64_t limit_ns)
{
	struct pf_input *in = NULL;
	struct pf_reason reason = {{0}};
	int fd;
	struct ei_server *server = ei_server_start(manner, &fd);
	int64_t start_ns = pf_now_ns();
	assert_int_equal(pf_input_ei_create_fd(&in, fd, &reason), expected);
	assert_true(pf_now_ns() - start_ns < limit_ns);
	assert_null(in);
	assert_true(strlen(reason.text) > 10);
	ei_server_stop(server);
}

static void a_refusal_is_told(void **state)
{
	attempt(EI_SERVER_REFUSES, PF_ERR_CLOSED, INT64_C(2000000000));
}

static void a_server_without_devices_is_given_up(void **state)
{
	attempt(EI_SERVER_NO_DEVICES, PF_ERR_TIMEOUT, INT64_C(7000000000));
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
	attempt(EI_SERVER_MUTE, PF_ERR_TIMEOUT, INT64_C(10000000000));
}

static void a_server_that_does_not_decide_is_given_up(void **state)
{
	attempt(EI_SERVER_UNDECIDED, PF_ERR_TIMEOUT, INT64_C(10000000000));
}

static void a_connection_that_is_cut_is_told(void **state)
{
	int ends[2];
	struct pf_input *in = NULL;
	struct pf_reason reason = {{0}};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[0]);
	assert_int_equal(pf_input_ei_create_fd(&in, ends[1], &reason), PF_ERR_CLOSED);
}

static void a_socket_will_do(void **state)
{
	char folder[] = "/tmp/punktfunk-ei-XXXXXX", path[64], longest[200];
	struct pf_input *in = NULL;
	struct pf_reason reason = {{0}};
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/eis", folder);
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(pf_input_ei_create_socket(&in, path, &reason), PF_ERR_IO);
	assert_int_equal(pf_input_ei_create_socket(&in, longest, &reason), PF_ERR_INVALID);
	struct ei_server *server = ei_server_start_at(path);
	assert_int_equal(pf_input_ei_create_socket(&in, path, &reason), PF_OK);
	in->impl->destroy(in);
	ei_server_stop(server);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(keys_arrive_once),
		T(text_is_typed),
		T(motion_arrives),
		T(the_picture_is_the_region_that_is_meant),
		T(buttons_arrive),
		T(scrolling_arrives),
		T(fingers_arrive),
		cmocka_unit_test_setup_teardown(paused_devices_are_sent_nothing, set_up_paused, tear_down),
		T(a_device_that_goes_takes_its_keys_along),
		T(a_server_that_dies_is_survived),
		T(a_server_that_does_not_read_stops_nobody),
		cmocka_unit_test(a_refusal_is_told),
		cmocka_unit_test(a_server_without_devices_is_given_up),
		cmocka_unit_test(a_server_that_says_nothing_is_given_up),
		cmocka_unit_test(a_server_that_does_not_decide_is_given_up),
		cmocka_unit_test(a_connection_that_is_cut_is_told),
		cmocka_unit_test(a_socket_will_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
