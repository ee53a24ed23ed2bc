/*
 * A HID controller on a real kernel and the owner that serves it. Whatever waits here serves all controllers that are
 * plugged in, and fails the test when it waits too long.
 */
#pragma once

#include "evdev.h"
#include "pad/pad.h"

struct hid_pad {
	struct pf_pad *pad;
	char uniq[18];
	struct pf_pad_feedback last[PF_PAD_FEEDBACKS]; /* by pf_pad_feedback_place */
};

/* Its address ends in n. */
void hid_pad_create(struct hid_pad *p, enum pf_gamepad kind, unsigned n);
/* The owner's part of unplugging; closing what it returns is the kernel's. */
int hid_pad_release(struct hid_pad *p);
void hid_pad_unplug(struct hid_pad *p);

void hid_pad_serve(int64_t for_ns);
/* False: not within the time. */
bool hid_pad_until(bool (*met)(const void *what), const void *what, int64_t limit_ns);
/* The node that its driver makes. */
void hid_pad_open(struct hid_pad *p, struct evdev *d, const char *name);
/* Of the device that has the node. */
int hid_pad_open_hidraw(const struct evdev *d);

void hid_pad_report(struct hid_pad *p, const struct pf_pad_report *r);

/* What is so now or soon: the owner was told; the axis has that value, more or less; that key is held and no other (0:
 * none); the file of a LED or battery (see evdev_class_folder) has that text. */
void hid_pad_expect(struct hid_pad *p, const struct pf_pad_feedback *f);
void hid_pad_expect_axis(const struct evdev *d, unsigned axis, int value, int slip);
void hid_pad_expect_key(const struct evdev *d, unsigned key);
void hid_pad_expect_file(
	const struct evdev *d, const char *class, const char *part, const char *file, const char *text);

/* Such a file anywhere in sysfs. */
void hid_pad_expect_text(const char *folder, const char *file, const char *text);

void hid_pad_write_file(
	const struct evdev *d, const char *class, const char *part, const char *file, const char *text);
