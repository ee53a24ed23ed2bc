#include "hid_pad.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"

#define SET_UP_NS INT64_C(30000000000)
#define REACT_NS  INT64_C(5000000000)
#define PLUGGED   4

static struct hid_pad *plugged[PLUGGED];

/* --- the owner --- */

static void on_feedback(void *user, const struct pf_pad_feedback *f)
{
	struct hid_pad *p = user;
	p->last[pf_pad_feedback_place(f)] = *f;
}

void hid_pad_create(struct hid_pad *p, enum pf_gamepad kind, unsigned n)
{
	struct pf_reason reason = {{0}};
	const struct pf_pad_params params = {.kind = kind,
		.slot = n,
		.mac = {0x02, 0xAB, 0x22, 0x33, 0x44, (uint8_t)n},
		.on_feedback = on_feedback,
		.user = p};
	*p = (struct hid_pad){0};
	snprintf(p->uniq, sizeof(p->uniq), "02:ab:22:33:44:%02x", n & 0xFF);
	if (pf_pad_uhid.probe(&reason) < 0 || pf_pad_uhid.create(&p->pad, &params, &reason) < 0)
		fail_msg("%s", reason.text);
	unsigned i = 0;
	while (plugged[i])
		assert_true(++i < PLUGGED);
	plugged[i] = p;
}

int hid_pad_release(struct hid_pad *p)
{
	for (unsigned i = 0; i < PLUGGED; i++)
		plugged[i] = plugged[i] == p ? NULL : plugged[i];
	return pf_pad_uhid.release(p->pad);
}

void hid_pad_unplug(struct hid_pad *p)
{
	close(hid_pad_release(p));
}

static void serve_one(struct hid_pad *p, int64_t *due_ns)
{
	struct pollfd ready = {pf_pad_uhid.fd(p->pad), POLLIN, 0};
	if (poll(&ready, 1, 0) > 0)
		assert_int_equal(pf_pad_uhid.take(p->pad, pf_now_ns()), PF_OK);
	int64_t next_ns = pf_pad_uhid.tick(p->pad, pf_now_ns());
	*due_ns = next_ns < *due_ns ? next_ns : *due_ns;
}

void hid_pad_serve(int64_t for_ns)
{
	int64_t end_ns = pf_now_ns() + for_ns;
	do {
		int64_t due_ns = end_ns;
		for (unsigned i = 0; i < PLUGGED; i++) {
			if (plugged[i])
				serve_one(plugged[i], &due_ns);
		}
		if (due_ns > pf_now_ns())
			usleep(1000);
	} while (pf_now_ns() < end_ns);
}

bool hid_pad_until(bool (*met)(const void *what), const void *what, int64_t limit_ns)
{
	int64_t end_ns = pf_now_ns() + limit_ns;
	while (!met(what)) {
		if (pf_now_ns() >= end_ns)
			return false;
		hid_pad_serve(2000000);
	}
	return true;
}

void hid_pad_report(struct hid_pad *p, const struct pf_pad_report *r)
{
	pf_pad_uhid.report(p->pad, r, pf_now_ns());
}

/* --- feedback --- */

struct wanted {
	const struct hid_pad *p;
	const struct pf_pad_feedback *f;
};

static bool is_told(const void *what)
{
	const struct wanted *w = what;
	const struct pf_pad_feedback *has = &w->p->last[pf_pad_feedback_place(w->f)];
	if (has->kind != w->f->kind)
		return false;
	switch (w->f->kind) {
	case PF_PAD_RUMBLE:
		return !memcmp(&has->rumble, &w->f->rumble, sizeof(has->rumble));
	case PF_PAD_LED:
		return !memcmp(&has->led, &w->f->led, sizeof(has->led));
	case PF_PAD_PLAYER_LEDS:
		return has->player_leds == w->f->player_leds;
	case PF_PAD_TRIGGER:
		return !memcmp(has->trigger.effect, w->f->trigger.effect, sizeof(has->trigger.effect));
	case PF_PAD_MIC_LED:
		return has->mic_led == w->f->mic_led;
	}
	return false;
}

void hid_pad_expect(struct hid_pad *p, const struct pf_pad_feedback *f)
{
	if (!hid_pad_until(is_told, &(struct wanted){p, f}, REACT_NS))
		fail_msg("feedback of kind %d did not come", f->kind);
}

/* --- what programs see --- */

struct node {
	const struct hid_pad *p;
	const char *name;
};

static bool node_is_there(const void *what)
{
	const struct node *n = what;
	return evdev_is_there(n->name, n->p->uniq);
}

void hid_pad_open(struct hid_pad *p, struct evdev *d, const char *name)
{
	if (!hid_pad_until(node_is_there, &(struct node){p, name}, SET_UP_NS))
		fail_msg("%s: no driver made a node called %s", p->uniq, name);
	assert_true(evdev_open(d, name, p->uniq));
}

int hid_pad_open_hidraw(const struct evdev *d)
{
	char folder[EVDEV_PATH], path[64];
	assert_true(evdev_class_folder(d, "hidraw", "hidraw", folder));
	snprintf(path, sizeof(path), "/dev/%.32s", strrchr(folder, '/') + 1);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

struct axis {
	const struct evdev *d;
	unsigned code;
	int value, slip;
};

static bool axis_is(const void *what)
{
	const struct axis *a = what;
	return abs(evdev_axis(a->d, a->code).value - a->value) <= a->slip;
}

void hid_pad_expect_axis(const struct evdev *d, unsigned axis, int value, int slip)
{
	if (!hid_pad_until(axis_is, &(struct axis){d, axis, value, slip}, REACT_NS))
		fail_msg("axis %#x is %d, not %d", axis, evdev_axis(d, axis).value, value);
}

static bool only_key_is(const void *what)
{
	const struct axis *k = what;
	uint8_t bits[KEY_MAX / 8 + 1] = {0}, want[KEY_MAX / 8 + 1] = {0};
	assert_true(ioctl(k->d->fd, EVIOCGKEY(sizeof(bits)), bits) >= 0);
	if (k->code)
		want[k->code / 8] |= (uint8_t)(1u << k->code % 8);
	return !memcmp(bits, want, sizeof(bits));
}

void hid_pad_expect_key(const struct evdev *d, unsigned key)
{
	if (!hid_pad_until(only_key_is, &(struct axis){d, key}, REACT_NS))
		fail_msg("not key %#x alone", key);
}

struct text {
	const char *folder, *file, *text;
};

static bool file_says(const void *what)
{
	const struct text *t = what;
	char has[EVDEV_PATH];
	return sysfs_read(t->folder, t->file, has) && !strcmp(has, t->text);
}

void hid_pad_expect_text(const char *folder, const char *file, const char *text)
{
	if (!hid_pad_until(file_says, &(struct text){folder, file, text}, REACT_NS))
		fail_msg("%s/%s is not %s", folder, file, text);
}

void hid_pad_expect_file(
	const struct evdev *d, const char *class, const char *part, const char *file, const char *text)
{
	char folder[EVDEV_PATH];
	assert_true(evdev_class_folder(d, class, part, folder));
	hid_pad_expect_text(folder, file, text);
}

void hid_pad_write_file(
	const struct evdev *d, const char *class, const char *part, const char *file, const char *text)
{
	char folder[EVDEV_PATH];
	assert_true(evdev_class_folder(d, class, part, folder));
	assert_true(sysfs_write(folder, file, text));
}
