/* A backend of controllers that only remembers: what it was made as, what was reported, what time it asked for. */
#pragma once

#include "pad/pad.h"

#define FAKE_PADS_MAX 64

struct fake_pad {
	struct pf_pad base;
	struct pf_pad_params params;
	struct pf_pad_report last;
	unsigned reports, takes;
	int fd; /* of a pipe; its other end makes it readable */
	int writer;
	bool released, gone;
	int64_t due_ns; /* what tick answers; PF_PAD_NEVER */
};

extern struct fake_pad *fake_made[FAKE_PADS_MAX]; /* in order; live until fake_reset */
extern unsigned fake_count;
extern bool fake_hid_fails, fake_all_fail;

void fake_reset(void);
const struct pf_pad_impl *fake_backend(enum pf_gamepad kind);
void fake_say(const struct fake_pad *f, const struct pf_pad_feedback *feedback);
