/*
 * A sender of the EI protocol: Mutter, gamescope and portals give input devices to a program they have let in. Which
 * devices there are, and when they take events, is theirs to say at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "input/ei_devices.h"
#include "input/virtual_key.h"
#include "os/clock.h"

#define CONNECT_NS    INT64_C(8000000000)
#define RESUME_NS     INT64_C(5000000000)
#define COMPLAINTS_NS INT64_C(10000000000)

struct ei_input {
	struct pf_input base;
	struct pf_ei_devices devices;
	bool connected, resumed, lost;
	struct pf_log_limit complaints;
	struct ei_input *next; /* of the abandoned */
};

static _Atomic(struct ei_input *) abandoned;

static struct ei_input *from_base(struct pf_input *in)
{
	return (struct ei_input *)in;
}

/* --- what the server says --- */

/* Everything is asked for; the server gives what it has. */
static void bind_seat(struct ei_input *s, struct ei_seat *seat)
{
	if (ei_seat_has_capability(seat, EI_DEVICE_CAP_TOUCH))
		s->base.takes |= PF_INPUT_TAKES_TOUCH;
	if (ei_seat_has_capability(seat, EI_DEVICE_CAP_KEYBOARD))
		s->base.takes |= PF_INPUT_TAKES_TEXT;
	ei_seat_bind_capabilities(seat, EI_DEVICE_CAP_POINTER, EI_DEVICE_CAP_POINTER_ABSOLUTE,
		EI_DEVICE_CAP_KEYBOARD, EI_DEVICE_CAP_TOUCH, EI_DEVICE_CAP_SCROLL, EI_DEVICE_CAP_BUTTON,
		NULL);
}

static void take_event(struct ei_input *s, struct ei_event *event)
{
	struct ei_device *device = ei_event_get_device(event);
	switch (ei_event_get_type(event)) {
	case EI_EVENT_CONNECT:
		s->connected = true;
		break;
	case EI_EVENT_DISCONNECT:
		s->lost = true;
		if (s->resumed)
			pf_warn("input", "the compositor has ended its input connection; "
					 "keys and pointer do nothing until the display is opened anew");
		break;
	case EI_EVENT_SEAT_ADDED:
		bind_seat(s, ei_event_get_seat(event));
		break;
	case EI_EVENT_DEVICE_ADDED:
		pf_ei_device_added(&s->devices, device);
		break;
	case EI_EVENT_DEVICE_RESUMED:
		pf_ei_device_resumed(&s->devices, device);
		s->resumed = true;
		break;
	case EI_EVENT_DEVICE_PAUSED:
		pf_ei_device_paused(&s->devices, device);
		break;
	case EI_EVENT_DEVICE_REMOVED:
		pf_ei_device_removed(&s->devices, device);
		break;
	default:
		break;
	}
}

/* Sending, too, brings events, when it finds the connection broken. */
static void take_events(struct ei_input *s)
{
	struct ei_event *event;
	while ((event = ei_get_event(s->devices.ei))) {
		take_event(s, event);
		ei_event_unref(event);
	}
}

static int poll_fd(const struct pf_input *in)
{
	return ei_get_fd(((const struct ei_input *)in)->devices.ei);
}

static int flush(struct pf_input *in)
{
	struct ei_input *s = from_base(in);
	if (s->lost)
		return PF_ERR_CLOSED;
	ei_dispatch(s->devices.ei);
	take_events(s);
	return s->lost ? PF_ERR_CLOSED : PF_OK;
}

/* --- what goes there --- */

/* The devices as far as what is known goes; without a system call. */
static struct pf_ei_devices *known(struct pf_input *in)
{
	struct ei_input *s = from_base(in);
	take_events(s);
	return &s->devices;
}

static void key(struct pf_input *in, unsigned code, bool down)
{
	pf_ei_hold(known(in), EI_DEVICE_CAP_KEYBOARD, code, down);
}

static void move(struct pf_input *in, int dx, int dy)
{
	struct pf_ei_devices *d = known(in);
	struct pf_ei_device *e = pf_ei_find(d, EI_DEVICE_CAP_POINTER);
	if (!e)
		return;
	ei_device_pointer_motion(e->device, dx, dy);
	pf_ei_frame(d, e->device);
}

static void place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct pf_ei_devices *d = known(in);
	struct pf_ei_place at;
	if (!pf_ei_locate(d, EI_DEVICE_CAP_POINTER_ABSOLUTE, (double)x / width, (double)y / height, &at))
		return;
	ei_device_pointer_motion_absolute(at.device, at.x, at.y);
	pf_ei_frame(d, at.device);
}

static void button(struct pf_input *in, enum pf_button which, bool down)
{
	pf_ei_hold(known(in), EI_DEVICE_CAP_BUTTON, pf_button_evdev(which), down);
}

/* The protocol counts down as positive; to the right is positive in both. */
static void wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	struct pf_ei_devices *d = known(in);
	struct pf_ei_device *e = pf_ei_find(d, EI_DEVICE_CAP_SCROLL);
	if (!e)
		return;
	bool vertical = axis == PF_SCROLL_VERTICAL;
	ei_device_scroll_discrete(e->device, vertical ? 0 : amount, vertical ? -amount : 0);
	pf_ei_frame(d, e->device);
}

static void finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	struct pf_ei_devices *d = known(in);
	struct pf_ei_device *e = pf_ei_find(d, EI_DEVICE_CAP_SCROLL);
	if (!e)
		return;
	bool vertical = axis == PF_SCROLL_VERTICAL;
	double pixels = amount / 256.0;
	if (end)
		ei_device_scroll_stop(e->device, !vertical, vertical);
	else
		ei_device_scroll_delta(e->device, vertical ? 0 : pixels, vertical ? -pixels : 0);
	pf_ei_frame(d, e->device);
}

static void text(struct pf_input *in, uint32_t scalar)
{
	pf_ei_type(known(in), scalar);
}

static void touch(struct pf_input *in, const struct pf_touch *t)
{
	pf_ei_touch(known(in), t);
}

/* --- life --- */

static void destroy(struct pf_input *in)
{
	struct ei_input *s = from_base(in);
	pf_ei_devices_finish(&s->devices);
	ei_unref(s->devices.ei);
	xkb_context_unref(s->devices.xkb);
	free(s);
}

/* libei (1.3.901) crashes when it ends a connection the server has not let in yet, so this closes what such a one holds
 * of the system and keeps its few kilobytes. */
static void abandon(struct ei_input *s, int socket_fd)
{
	close(ei_get_fd(s->devices.ei));
	close(socket_fd);
	s->next = abandoned;
	while (!atomic_compare_exchange_weak(&abandoned, &s->next, s))
		;
}

static const struct pf_input_impl ei_impl = {
	.name = "ei",
	.key = key,
	.move = move,
	.place = place,
	.button = button,
	.wheel = wheel,
	.finger_scroll = finger_scroll,
	.text = text,
	.touch = touch,
	.fd = poll_fd,
	.flush = flush,
	.destroy = destroy,
};

static void on_log(
	struct ei *ei, enum ei_log_priority priority, const char *text, struct ei_log_context *context)
{
	struct ei_input *s = ei_get_user_data(ei);
	if (priority >= EI_LOG_PRIORITY_WARNING) {
		unsigned lines = pf_log_allow(&s->complaints, pf_now_ns(), COMPLAINTS_NS);
		if (lines)
			pf_warn("input", "libei: %s (%u times)", text, lines);
	} else {
		pf_debug("input", "libei: %s", text);
	}
}

static int not_let_in(int rc, struct pf_reason *reason)
{
	return pf_reason(reason, rc,
		rc == PF_ERR_CLOSED ? "the compositor refuses the input connection"
				    : "the compositor's input connection does not answer");
}

/* PF_OK when there is something to read. A connection that is cut before the server has let this in crashes libei
 * (1.3.901), so such a one must not get there. */
static int wait_for_bytes(int fd, int poll_fd, int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - pf_now_ns();
	struct pollfd ready[] = {{poll_fd, POLLIN, 0}, {fd, POLLRDHUP, 0}};
	int n = poll(ready, 2, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0);
	if (n < 0)
		return errno == EINTR ? PF_OK : PF_ERR_IO;
	if (ready[1].revents)
		return PF_ERR_CLOSED;
	return n > 0 ? PF_OK : PF_ERR_TIMEOUT;
}

/* PF_OK when *what has come true. */
static int wait_for(struct ei_input *s, int fd, const bool *what, int64_t deadline_ns)
{
	for (;;) {
		flush(&s->base);
		if (s->lost)
			return PF_ERR_CLOSED;
		if (*what)
			return PF_OK;
		int rc = wait_for_bytes(fd, ei_get_fd(s->devices.ei), deadline_ns);
		if (rc < 0)
			return rc;
	}
}

static int shake_hands(struct ei_input *s, int fd, int64_t deadline_ns, struct pf_reason *reason)
{
	int rc = wait_for(s, fd, &s->connected, deadline_ns);
	if (rc < 0)
		return not_let_in(rc, reason);
	rc = wait_for(s, fd, &s->resumed, pf_now_ns() + RESUME_NS);
	if (rc < 0)
		return pf_reason(reason, rc, "the compositor gives no input device");
	return PF_OK;
}

/* Of a server that does not read, the rest is lost; it must not make this wait. */
static struct ei_input *make(int fd)
{
	struct ei_input *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->base.impl = &ei_impl;
	s->devices.xkb = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	s->devices.ei = ei_new_sender(s);
	if (!s->devices.xkb || !s->devices.ei || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		destroy(&s->base);
		return NULL;
	}
	ei_log_set_handler(s->devices.ei, on_log);
	ei_log_set_priority(s->devices.ei, EI_LOG_PRIORITY_INFO);
	ei_configure_name(s->devices.ei, "punktfunk");
	return s;
}

static int open_connection(struct pf_input **out, int fd, int64_t deadline_ns, struct pf_reason *reason)
{
	struct ei_input *s = make(fd);
	if (!s) {
		close(fd);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	if (ei_setup_backend_fd(s->devices.ei, fd) < 0) {
		destroy(&s->base);
		return pf_reason(reason, PF_ERR_IO, "libei does not take the compositor's input connection");
	}
	int rc = shake_hands(s, fd, deadline_ns, reason);
	if (rc == PF_OK)
		*out = &s->base;
	else if (s->connected || s->lost)
		destroy(&s->base);
	else
		abandon(s, fd);
	return rc;
}

int pf_input_ei_create_fd(struct pf_input **out, int fd, struct pf_reason *reason)
{
	int64_t deadline_ns = pf_now_ns() + CONNECT_NS;
	int rc = wait_for_bytes(fd, fd, deadline_ns); /* the server speaks first */
	if (rc < 0) {
		close(fd);
		return not_let_in(rc, reason);
	}
	return open_connection(out, fd, deadline_ns, reason);
}

int pf_input_ei_create_socket(struct pf_input **out, const char *path, struct pf_reason *reason)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return pf_reason(reason, PF_ERR_INVALID, "%s is too long for a socket", path);
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		return pf_reason(
			reason, PF_ERR_IO, "the compositor's input socket %s: %s", path, strerror(why));
	}
	return pf_input_ei_create_fd(out, fd, reason);
}

int pf_input_ei_aim(struct pf_input *in, const char *mapping_id)
{
	struct pf_ei_devices *d = &from_base(in)->devices;
	char *copy = mapping_id ? strdup(mapping_id) : NULL;
	if (mapping_id && !copy)
		return PF_ERR_NOMEM;
	free(d->mapping_id);
	d->mapping_id = copy;
	return PF_OK;
}
