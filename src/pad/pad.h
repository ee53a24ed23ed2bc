/*
 * One virtual controller, as the kernel and games see it (product 7.2). The owner gives it the whole state of the hand
 * and gets back what games want the client to feel or show. One thread (the net loop); no call waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "proto/native/caps.h"
#include "proto/native/feedback.h"
#include "proto/native/input.h"

#define PF_PAD_SLOTS         16
#define PF_PAD_CONTACTS      2
#define PF_PAD_GYRO_UNITS    20    /* per degree and second */
#define PF_PAD_ACCEL_UNITS   10000 /* per g */
#define PF_PAD_MAC_BYTES     6
#define PF_PAD_NEVER         INT64_MAX
#define PF_PAD_BATTERY_KNOWN 100 /* percentages above this are unknown */

enum pf_pad_power { PF_PAD_POWER_UNKNOWN, PF_PAD_DISCHARGING, PF_PAD_CHARGING, PF_PAD_FULL };

/* The state of everything on the controller. */
struct pf_pad_report {
	uint32_t buttons;       /* PF_PAD_* of proto/native/input.h */
	int16_t lx, ly, rx, ry; /* up and right are positive */
	uint8_t lt, rt;
	struct {
		bool down;
		uint16_t x, y; /* 0..65535 from the top left */
	} touch[PF_PAD_CONTACTS];
	int16_t gyro[3];  /* pitch, yaw, roll; PF_PAD_GYRO_UNITS */
	int16_t accel[3]; /* +x right, +y up, +z towards the player; PF_PAD_ACCEL_UNITS; at rest 0, 1 g, 0 */
	enum pf_pad_power power;
	uint8_t battery_percent;
};
/* Nothing held, at rest, battery full. */
struct pf_pad_report pf_pad_at_rest(void);

enum pf_pad_feedback_kind {
	PF_PAD_RUMBLE,
	PF_PAD_LED,
	PF_PAD_PLAYER_LEDS,
	PF_PAD_TRIGGER,
	PF_PAD_MIC_LED,
};
/* With the right trigger apart, for tables of the last of each. */
#define PF_PAD_FEEDBACKS (PF_PAD_MIC_LED + 2)

struct pf_pad_feedback {
	enum pf_pad_feedback_kind kind;
	union {
		/* Levels that hold until the next ones. */
		struct {
			uint16_t low, high, left_trigger, right_trigger;
		} rumble;
		struct {
			uint8_t red, green, blue;
		} led;
		uint8_t player_leds; /* low 5 bits */
		struct {
			bool right; /* R2 instead of L2 */
			uint8_t effect
				[PF_TRIGGER_EFFECT_MAX]; /* mode and parameters, as the game wrote them */
		} trigger;
		uint8_t mic_led; /* 0 off, 1 on, 2 pulse */
	};
};

/* Below PF_PAD_FEEDBACKS. */
static inline unsigned pf_pad_feedback_place(const struct pf_pad_feedback *f)
{
	return f->kind == PF_PAD_TRIGGER && f->trigger.right ? PF_PAD_FEEDBACKS - 1 : (unsigned)f->kind;
}

struct pf_pad_params {
	enum pf_gamepad kind;          /* never PF_GAMEPAD_AUTO */
	unsigned slot;                 /* of the host, 0..PF_PAD_SLOTS-1 */
	uint8_t mac[PF_PAD_MAC_BYTES]; /* unique per controller, the same whenever it comes again */
	/* Called inside of take, report and tick; the same may come again. */
	void (*on_feedback)(void *user, const struct pf_pad_feedback *f);
	void *user;
};

struct pf_pad;

struct pf_pad_impl {
	const char *name;
	/* Rumble comes with its length and ends by itself; else levels hold until the game says something else. */
	bool times_rumble;
	/* Bits 1 << enum pf_gamepad. */
	uint32_t kinds;
	/* Can such controllers be made now, and if not why and what would help. Same code as create. */
	int (*probe)(struct pf_reason *reason);
	int (*create)(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason);
	/* To be polled for reading; then take. */
	int (*fd)(const struct pf_pad *p);
	/* Answers whatever the kernel asks. PF_ERR_CLOSED: the device is gone. */
	int (*take)(struct pf_pad *p, int64_t now_ns);
	void (*report)(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns);
	/* What time brings: heartbeats, effects that begin and end. Returns when it is due again, or PF_PAD_NEVER; to be
	 * asked anew after each take and report. */
	int64_t (*tick)(struct pf_pad *p, int64_t now_ns);
	/* Forgets everything but the descriptor of the device, which the caller closes where it may wait: that removes
	 * the device, and drivers in the middle of their set-up take their time. */
	int (*release)(struct pf_pad *p);
};

/* First member of every backend's own struct. */
struct pf_pad {
	const struct pf_pad_impl *impl;
};

extern const struct pf_pad_impl pf_pad_uinput; /* Xbox 360, One, Elite */
extern const struct pf_pad_impl pf_pad_uhid;   /* DualSense, DualSense Edge, DualShock 4, Switch Pro */

/* The backend that makes controllers of the kind; NULL: none does. */
const struct pf_pad_impl *pf_pad_backend(enum pf_gamepad kind);
