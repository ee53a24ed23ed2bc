/*
 * The control channel's messages inside ENet packets (gamestream 4.4 to 4.7): the encrypted envelope, and what is in
 * it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "proto/gamestream/gcm.h"

#define PF_GS_ENVELOPE_HEAD    24
#define PF_GS_CONTROL_TEXT_MAX 512 /* plaintext; the largest real message is far below */
#define PF_GS_CONTROL_MAX      (PF_GS_ENVELOPE_HEAD + PF_GS_CONTROL_TEXT_MAX)

/* One stream's key and how it is used; sequences of what the host sends. */
struct pf_gs_channel {
	struct pf_gs_gcm key;
	bool legacy; /* 16-byte IVs, the same in both directions */
	uint32_t next_seq;
};

/* Opens an ENet packet of the client; text has room for PF_GS_CONTROL_TEXT_MAX bytes.
 * Errors: PF_ERR_INVALID (not an envelope: plain text, a wrong length), PF_ERR_AUTH. */
int pf_gs_envelope_open(struct pf_gs_channel *c, const uint8_t *data, size_t len, uint8_t *text,
	size_t *text_len, uint32_t *seq);
/* Seals type, length and payload of a message of the host. */
void pf_gs_envelope_seal(struct pf_wr *w, struct pf_gs_channel *c, const uint8_t *text, size_t len);

enum pf_gs_message_kind {
	PF_GS_UNKNOWN, /* to be ignored */
	PF_GS_IDR,
	PF_GS_PING,
	PF_GS_LOSS_STATISTICS,
	PF_GS_INPUT,
	PF_GS_INVALIDATE,
	PF_GS_LTR_RECEIVED,
	PF_GS_FEC_STATUS,
	PF_GS_START_B,
};

/* What one FEC block of a frame lost (4.6). */
struct pf_gs_fec_status {
	uint32_t frame;
	uint16_t missing, data_packets, parity_packets, data_received, parity_received;
	uint8_t percent, block, blocks;
};

struct pf_gs_message {
	enum pf_gs_message_kind kind;
	union {
		struct pf_slice input; /* inside the text that was read */
		struct {
			uint32_t first, last;
		} lost; /* frame indices; for LTR_RECEIVED both are the frame */
		struct pf_gs_fec_status fec;
	};
};
/* Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID (lengths that contradict each other). */
int pf_gs_message_read(struct pf_gs_message *out, const uint8_t *text, size_t len);

/* --- of the host: type, length, payload --- */

#define PF_GS_END_NORMAL    0x80030023u
#define PF_GS_END_PROTECTED 0x800E9302u
#define PF_GS_END_CONVERT   0x800E9403u

struct pf_gs_hdr {
	bool enabled;
	/* Primaries x 50000 in the order R, G, B, white; luminances in nits but for min (0.0001 nit); 0 = unknown. */
	uint16_t red[2], green[2], blue[2], white[2];
	uint16_t max_luminance, min_luminance, max_content, max_frame_average, max_full_frame;
};

void pf_gs_write_rumble(struct pf_wr *w, uint16_t pad, uint16_t low, uint16_t high);
void pf_gs_write_trigger_rumble(struct pf_wr *w, uint16_t pad, uint16_t left, uint16_t right);
/* kind: 1 accelerometer, 2 gyroscope; hz 0 = stop. */
void pf_gs_write_motion_request(struct pf_wr *w, uint16_t pad, uint16_t hz, uint8_t kind);
void pf_gs_write_led(struct pf_wr *w, uint16_t pad, uint8_t red, uint8_t green, uint8_t blue);
struct pf_gs_triggers {
	uint8_t flags; /* 4 right is valid, 8 left is */
	uint8_t left_type, right_type;
	uint8_t left[10], right[10];
};
void pf_gs_write_adaptive_triggers(struct pf_wr *w, uint16_t pad, const struct pf_gs_triggers *t);
void pf_gs_write_hdr(struct pf_wr *w, const struct pf_gs_hdr *h);
void pf_gs_write_termination(struct pf_wr *w, uint32_t why);
