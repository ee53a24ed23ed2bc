/*
 * The encode thread: newest frame from the mailbox, through the encoder, numbered, to the sender. Encodes on
 * arrival (no timer of its own on the way) and repeats the held picture when the source is idle.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "encode/encoder.h"
#include "media/mailbox.h"
#include "send/sender.h"

struct pf_encode_stage;

/*
 * What the control side tells an encode thread, kept by the session so that it outlives pipelines. force_key
 * is set by any thread, the rest by the net loop; `rate` carries both numbers at once because a new parity
 * share is valid only with the encoder rate that makes room for it (native-media 7.4).
 */
struct pf_encode_control {
	_Atomic bool force_key;
	_Atomic uint64_t rate;          /* encoder kbps << 32 | parity percent; see pf_encode_rate */
	_Atomic uint32_t busy_permille; /* written by the encode thread: encode time / frame interval */
	uint32_t next_frame_index;      /* the running encode thread's; across encoder rebuilds */
};

static inline uint64_t pf_encode_rate(uint32_t encoder_kbps, unsigned fec_percent)
{
	return (uint64_t)encoder_kbps << 32 | fec_percent;
}

struct pf_encode_stage_params {
	struct pf_encoder *encoder; /* the caller's; only this stage uses it until stop returns */
	uint64_t rate;              /* that the encoder was opened with; see pf_encode_rate */
	struct pf_mailbox *mailbox; /* same */
	struct pf_sender *sender;   /* same */
	struct pf_encode_control *control;
	/* Replaces an encoder that cannot change its rate in place; the new one begins with an IDR. From the
	 * encode thread. On failure the old one is gone. */
	int (*reopen)(void *user, uint32_t kbps, struct pf_encoder **encoder);
	uint32_t refresh_hz;
	uint32_t max_frames; /* of the session: stop by itself after so many units; 0 = never */
	/* The encoder is broken, or max_frames were sent (reason empty). Once, from the encode thread. */
	void (*on_ended)(void *user, const struct pf_reason *reason);
	void *user;
};

/* Errors: PF_ERR_NOMEM. */
int pf_encode_stage_start(struct pf_encode_stage **out, const struct pf_encode_stage_params *params);
/* Joins the thread. NULL is fine. */
void pf_encode_stage_stop(struct pf_encode_stage *s);
