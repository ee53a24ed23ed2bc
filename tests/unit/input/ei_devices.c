/* What is held on EI devices while they pause. The server here never pauses: libeis does so only before a client begins
 * to send, so the pause is one that the client alone knows of. */
#include "input/ei_devices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ei_server.h"

#define DEVICES 4

struct peer {
	struct ei_server *server;
	struct pf_ei_devices devices;
};

static void take_event(struct pf_ei_devices *d, struct ei_event *e)
{
	switch (ei_event_get_type(e)) {
	case EI_EVENT_SEAT_ADDED:
		ei_seat_bind_capabilities(ei_event_get_seat(e), EI_DEVICE_CAP_POINTER,
			EI_DEVICE_CAP_POINTER_ABSOLUTE, EI_DEVICE_CAP_KEYBOARD, EI_DEVICE_CAP_TOUCH,
			EI_DEVICE_CAP_BUTTON, NULL);
		break;
	case EI_EVENT_DEVICE_ADDED:
		pf_ei_device_added(d, ei_event_get_device(e));
		break;
	case EI_EVENT_DEVICE_RESUMED:
		pf_ei_device_resumed(d, ei_event_get_device(e));
		break;
	default:
		break;
	}
}

static int set_up(void **state)
{
	struct peer *p = calloc(1, sizeof(*p));
	struct pf_ei_devices *d = &p->devices;
	int fd;
	p->server = ei_server_start(EI_SERVER_WILLING, &fd);
	d->xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	d->ei = ei_new_sender(NULL);
	ei_setup_backend_fd(d->ei, fd);
	for (int i = 0; i < 1000 && (d->count < DEVICES || !d->list[DEVICES - 1]->emulating);
		i++, usleep(2000)) {
		struct ei_event *e;
		ei_dispatch(d->ei);
		while ((e = ei_get_event(d->ei))) {
			take_event(d, e);
			ei_event_unref(e);
		}
	}
	assert_int_equal(d->count, DEVICES);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct peer *p = *state;
	pf_ei_devices_finish(&p->devices);
	ei_unref(p->devices.ei);
	xkb_context_unref(p->devices.xkb);
	ei_server_stop(p->server);
	free(p);
	return 0;
}

static void each_device(struct pf_ei_devices *d, void (*tell)(struct pf_ei_devices *, struct ei_device *))
{
	for (size_t i = 0; i < d->count; i++)
		tell(d, d->list[i]->device);
}

static void touch(struct peer *p, enum pf_touch_phase phase, float at)
{
	struct pf_touch t = {.phase = phase, .slot = 1, .x = at, .y = at};
	pf_ei_touch(&p->devices, &t);
}

static void what_was_let_go_in_a_pause_is_told_after_it(void **state)
{
	struct peer *p = *state;
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_A, true);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_B, true);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_BUTTON, BTN_LEFT, true);
	touch(p, PF_TOUCH_DOWN, 0);
	ei_server_expect(p->server, "key 30 1\nkey 48 1\nbutton 0x110 1\ndown 0 0\n");
	each_device(&p->devices, pf_ei_device_paused);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_A, false);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_C, true);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_C, false);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_BUTTON, BTN_LEFT, false);
	touch(p, PF_TOUCH_MOVE, 1);
	touch(p, PF_TOUCH_UP, 0);
	touch(p, PF_TOUCH_DOWN, 0.5f);
	struct pf_ei_place place;
	assert_null(pf_ei_find(&p->devices, EI_DEVICE_CAP_POINTER));
	assert_false(pf_ei_locate(&p->devices, EI_DEVICE_CAP_POINTER_ABSOLUTE, 0, 0, &place));
	each_device(&p->devices, pf_ei_device_resumed);
	ei_server_expect(p->server, "key 30 0\nbutton 0x110 0\nup\n");
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_B, false);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_A, true);
	touch(p, PF_TOUCH_DOWN, 0);
	ei_server_expect(p->server, "key 48 0\nkey 30 1\ndown 0 0\n");
}

static void devices_go_with_what_is_held(void **state)
{
	struct peer *p = *state;
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_A, true);
	touch(p, PF_TOUCH_DOWN, 0);
	while (p->devices.count)
		pf_ei_device_removed(&p->devices, p->devices.list[0]->device);
	pf_ei_hold(&p->devices, EI_DEVICE_CAP_KEYBOARD, KEY_A, false);
	touch(p, PF_TOUCH_MOVE, 1);
	touch(p, PF_TOUCH_UP, 0);
	ei_server_expect(p->server, "key 30 1\ndown 0 0\nup\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_let_go_in_a_pause_is_told_after_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(devices_go_with_what_is_held, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
