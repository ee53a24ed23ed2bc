/* Rich input, datagram 0xCC: touch pads, motion, raw reports, pen (native-control 5.7). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "proto/native/caps.h"

#define PF_RAW_REPORT_MAX  64
#define PF_PEN_SAMPLES_MAX 8

enum pf_rich_kind {
	PF_RICH_TOUCHPAD = 1,
	PF_RICH_MOTION = 2,
	PF_RICH_TOUCHPAD_EXT = 3,
	PF_RICH_RAW = 4,
	PF_RICH_PEN = 5,
};

enum {
	PF_PEN_IN_RANGE = 0x01,
	PF_PEN_TOUCHING = 0x02,
	PF_PEN_BARREL_1 = 0x04,
	PF_PEN_BARREL_2 = 0x08,
	PF_PEN_PREDICTED = 0x80,
};
#define PF_PEN_UNKNOWN_TILT 0xFF
#define PF_PEN_UNKNOWN      0xFFFF /* hover, azimuth, roll */

struct pf_pen_sample {
	uint8_t state; /* PF_PEN_* */
	uint8_t tool;  /* 0 pen, 1 eraser, other: as before */
	float x, y;    /* 0..1 across the picture, finite */
	uint16_t pressure, hover;
	uint8_t tilt_deg; /* from vertical */
	uint16_t azimuth_deg, roll_deg;
	uint16_t delta_us; /* since the sample before */
};

struct pf_pen_batch {
	uint8_t flags;
	uint16_t seq;
	unsigned count; /* 1..PF_PEN_SAMPLES_MAX */
	struct pf_pen_sample sample[PF_PEN_SAMPLES_MAX];
};

struct pf_rich_input {
	enum pf_rich_kind kind;
	uint8_t pad; /* 0..15; not for the pen */
	union {
		struct {
			uint8_t finger;
			bool touching;
			uint16_t x, y; /* 0..65535 from the top left */
		} touchpad;
		struct {
			int16_t gyro[3];  /* 20 units per degree/second */
			int16_t accel[3]; /* 10000 units per g */
		} motion;
		struct {
			uint8_t surface; /* 0 single, 1 left, 2 right */
			uint8_t finger;
			bool touched, clicked;
			int16_t x, y; /* centre 0 */
			uint16_t pressure;
		} touchpad_ext;
		struct pf_slice raw; /* up to PF_RAW_REPORT_MAX bytes inside the datagram */
		struct pf_pen_batch pen;
	};
};

/* A whole datagram, its first byte 0xCC. Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID (bad pad, surface, count
 * or a number that is not finite), PF_ERR_UNSUPPORTED (unknown kind). */
int pf_rich_read(struct pf_rich_input *out, const uint8_t *data, size_t len);
void pf_rich_write(struct pf_wr *w, const struct pf_rich_input *rich);

/* Of a client's pen: drops what is late and what is only predicted. Zero-initialised: nothing seen yet. */
struct pf_pen_filter {
	bool any;
	uint16_t last_seq;
};
/* Takes the predicted samples out of the batch; their time goes to the next sample. False when nothing of
 * it is to be played: it is not newer than the last one, or all of it was predicted. */
bool pf_pen_filter(struct pf_pen_filter *f, struct pf_pen_batch *batch);
