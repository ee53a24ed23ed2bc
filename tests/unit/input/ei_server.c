#include "ei_server.h"

#include <libeis.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xkbcommon/xkbcommon.h>

#include "input/keymap.h"
#include "os/clock.h"

#define JOURNAL_BYTES 65536
#define PATIENCE_NS   INT64_C(3000000000)
#define DEVICES       4

struct ei_server {
	enum ei_server_manner manner;
	struct eis *eis;
	struct eis_device *devices[DEVICES]; /* the keyboard first */
	bool stalled;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t done;
	/* Under the lock. */
	char journal[JOURNAL_BYTES];
	size_t written;
	int order; /* -1: none */
	bool stop;
};

/* --- the journal --- */

__attribute__((format(printf, 2, 3))) static void note(struct ei_server *s, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	pthread_mutex_lock(&s->lock);
	size_t room = sizeof(s->journal) - s->written;
	int n = vsnprintf(s->journal + s->written, room, format, arguments);
	s->written += (size_t)n < room ? (size_t)n : room - 1;
	pthread_mutex_unlock(&s->lock);
	va_end(arguments);
}

void ei_server_expect(struct ei_server *s, const char *journal)
{
	bool met = false;
	for (int64_t end_ns = pf_now_ns() + PATIENCE_NS; !met && pf_now_ns() < end_ns; usleep(1000)) {
		pthread_mutex_lock(&s->lock);
		met = !strcmp(s->journal, journal);
		pthread_mutex_unlock(&s->lock);
	}
	if (!met)
		fail_msg("journal is:\n%snot:\n%s", s->journal, journal);
	pthread_mutex_lock(&s->lock);
	s->written = 0;
	s->journal[0] = '\0';
	pthread_mutex_unlock(&s->lock);
}

/* --- devices --- */

static void add_keymap(struct eis_device *keyboard)
{
	const struct xkb_rule_names german = {.layout = "de"};
	struct xkb_context *xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(xkb, &german, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	size_t size;
	int fd = pf_keymap_fd(text, &size);
	struct eis_keymap *given = eis_device_new_keymap(keyboard, EIS_KEYMAP_TYPE_XKB, fd, size);
	eis_keymap_add(given);
	eis_keymap_unref(given);
	close(fd);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(xkb);
}

static void add_region(
	struct eis_device *device, uint32_t x, uint32_t y, uint32_t width, uint32_t height, const char *id)
{
	struct eis_region *region = eis_device_new_region(device);
	eis_region_set_offset(region, x, y);
	eis_region_set_size(region, width, height);
	if (id)
		eis_region_set_mapping_id(region, id);
	eis_region_add(region);
	eis_region_unref(region);
}

static void add_keyboard(struct ei_server *s, struct eis_seat *seat)
{
	s->devices[0] = eis_seat_new_device(seat);
	eis_device_configure_capability(s->devices[0], EIS_DEVICE_CAP_KEYBOARD);
	add_keymap(s->devices[0]);
}

static void add_mouse(struct ei_server *s, struct eis_seat *seat)
{
	s->devices[1] = eis_seat_new_device(seat);
	eis_device_configure_capability(s->devices[1], EIS_DEVICE_CAP_POINTER);
	eis_device_configure_capability(s->devices[1], EIS_DEVICE_CAP_BUTTON);
	eis_device_configure_capability(s->devices[1], EIS_DEVICE_CAP_SCROLL);
}

static void add_screens(
	struct ei_server *s, struct eis_seat *seat, int which, enum eis_device_capability capability)
{
	s->devices[which] = eis_seat_new_device(seat);
	eis_device_configure_capability(s->devices[which], capability);
	add_region(s->devices[which], 1920, 0, 1000, 500, "right");
	add_region(s->devices[which], 0, 0, 1920, 1080, "left");
}

static void add_devices(struct ei_server *s, struct eis_seat *seat)
{
	add_keyboard(s, seat);
	add_mouse(s, seat);
	add_screens(s, seat, 2, EIS_DEVICE_CAP_POINTER_ABSOLUTE);
	add_screens(s, seat, 3, EIS_DEVICE_CAP_TOUCH);
	for (int i = 0; i < DEVICES; i++) {
		eis_device_add(s->devices[i]);
		eis_device_resume(s->devices[i]);
		if (s->manner == EI_SERVER_PAUSED)
			eis_device_pause(s->devices[i]);
	}
}

static void forget_devices(struct ei_server *s)
{
	for (int i = 0; i < DEVICES; i++)
		s->devices[i] = eis_device_unref(s->devices[i]);
}

/* --- events --- */

static void add_seat(struct eis_client *client)
{
	struct eis_seat *seat = eis_client_new_seat(client, "seat0");
	for (unsigned capability = EIS_DEVICE_CAP_POINTER; capability <= EIS_DEVICE_CAP_BUTTON;
		capability <<= 1)
		eis_seat_configure_capability(seat, (enum eis_device_capability)capability);
	eis_seat_add(seat);
	eis_seat_unref(seat);
}

static void take_client(struct ei_server *s, struct eis_event *e)
{
	struct eis_client *client = eis_event_get_client(e);
	switch (eis_event_get_type(e)) {
	case EIS_EVENT_CLIENT_CONNECT:
		if (s->manner == EI_SERVER_REFUSES) {
			eis_client_disconnect(client);
		} else if (s->manner != EI_SERVER_UNDECIDED) {
			eis_client_connect(client);
			add_seat(client);
		}
		break;
	case EIS_EVENT_CLIENT_DISCONNECT:
		eis_client_disconnect(client);
		break;
	case EIS_EVENT_SEAT_BIND: /* also with nothing, when the client goes */
		if (s->manner != EI_SERVER_NO_DEVICES && !s->devices[0] &&
			eis_event_seat_has_capability(e, EIS_DEVICE_CAP_KEYBOARD))
			add_devices(s, eis_event_get_seat(e));
		break;
	default:
		break;
	}
}

static void take_input(struct ei_server *s, struct eis_event *e)
{
	switch (eis_event_get_type(e)) {
	case EIS_EVENT_FRAME:
		note(s, "\n");
		break;
	case EIS_EVENT_KEYBOARD_KEY:
		note(s, "key %u %d", eis_event_keyboard_get_key(e), eis_event_keyboard_get_key_is_press(e));
		break;
	case EIS_EVENT_POINTER_MOTION:
		note(s, "move %g %g", eis_event_pointer_get_dx(e), eis_event_pointer_get_dy(e));
		break;
	case EIS_EVENT_POINTER_MOTION_ABSOLUTE:
		note(s, "place %g %g", eis_event_pointer_get_absolute_x(e),
			eis_event_pointer_get_absolute_y(e));
		break;
	case EIS_EVENT_BUTTON_BUTTON:
		note(s, "button %#x %d", eis_event_button_get_button(e), eis_event_button_get_is_press(e));
		break;
	case EIS_EVENT_SCROLL_DELTA:
		note(s, "scroll %g %g", eis_event_scroll_get_dx(e), eis_event_scroll_get_dy(e));
		break;
	case EIS_EVENT_SCROLL_DISCRETE:
		note(s, "wheel %d %d", eis_event_scroll_get_discrete_dx(e),
			eis_event_scroll_get_discrete_dy(e));
		break;
	case EIS_EVENT_SCROLL_STOP:
		note(s, "stop %d %d", eis_event_scroll_get_stop_x(e), eis_event_scroll_get_stop_y(e));
		break;
	case EIS_EVENT_TOUCH_DOWN:
		note(s, "down %g %g", eis_event_touch_get_x(e), eis_event_touch_get_y(e));
		break;
	case EIS_EVENT_TOUCH_MOTION:
		note(s, "drag %g %g", eis_event_touch_get_x(e), eis_event_touch_get_y(e));
		break;
	case EIS_EVENT_TOUCH_UP:
		note(s, "up");
		break;
	default:
		take_client(s, e);
		break;
	}
}

static void take_events(struct ei_server *s)
{
	struct eis_event *e;
	eis_dispatch(s->eis);
	while ((e = eis_get_event(s->eis))) {
		take_input(s, e);
		eis_event_unref(e);
	}
}

/* --- the thread --- */

static void obey(struct ei_server *s, int order)
{
	for (int i = 0; i < DEVICES && order == EI_SERVER_RESUME; i++)
		eis_device_resume(s->devices[i]);
	if (order == EI_SERVER_REMOVE_KEYBOARD)
		eis_device_remove(s->devices[0]);
	if (order == EI_SERVER_STALL)
		s->stalled = true;
	if (order == EI_SERVER_DIE) {
		forget_devices(s);
		s->eis = eis_unref(s->eis);
	}
}

static void *serve(void *user)
{
	struct ei_server *s = user;
	for (;;) {
		struct pollfd ready = {s->eis && !s->stalled ? eis_get_fd(s->eis) : -1, POLLIN, 0};
		poll(&ready, 1, 2);
		if (ready.revents && s->manner != EI_SERVER_MUTE)
			take_events(s);
		pthread_mutex_lock(&s->lock);
		bool stop = s->stop;
		int order = s->order;
		pthread_mutex_unlock(&s->lock);
		if (stop)
			return NULL;
		if (order < 0)
			continue;
		obey(s, order);
		pthread_mutex_lock(&s->lock);
		s->order = -1;
		pthread_cond_signal(&s->done);
		pthread_mutex_unlock(&s->lock);
	}
}

void ei_server_order(struct ei_server *s, enum ei_server_order order)
{
	pthread_mutex_lock(&s->lock);
	s->order = (int)order;
	while (s->order >= 0)
		pthread_cond_wait(&s->done, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static struct ei_server *new_server(enum ei_server_manner manner)
{
	struct ei_server *s = calloc(1, sizeof(*s));
	s->manner = manner;
	s->order = -1;
	s->eis = eis_new(s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->done, NULL);
	return s;
}

struct ei_server *ei_server_start(enum ei_server_manner manner, int *client_fd)
{
	struct ei_server *s = new_server(manner);
	assert_int_equal(eis_setup_backend_fd(s->eis), 0);
	*client_fd = eis_backend_fd_add_client(s->eis);
	assert_true(*client_fd >= 0);
	pthread_create(&s->thread, NULL, serve, s);
	return s;
}

struct ei_server *ei_server_start_at(const char *path)
{
	struct ei_server *s = new_server(EI_SERVER_WILLING);
	assert_int_equal(eis_setup_backend_socket(s->eis, path), 0);
	pthread_create(&s->thread, NULL, serve, s);
	return s;
}

void ei_server_stop(struct ei_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	forget_devices(s);
	if (s->eis)
		eis_unref(s->eis);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->done);
	free(s);
}
