/* Audio datagrams: checks, losses on purpose, repair, decryption, Opus (spec 7). */
#pragma once

#include "loss.h"
#include "session.h"

#include <stdio.h>

enum { GSC_AUDIO_SHARD_MAX = 1500 };

struct gsc_audio_block {
	bool open;
	uint16_t base;
	bool have[6];
	size_t len;
	uint8_t shards[6][GSC_AUDIO_SHARD_MAX];
};

struct gsc_audio {
	const struct gsc_session *session;
	struct OpusMSDecoder *decoder;
	struct pf_fec8 *fec;
	FILE *pcm;
	struct gsc_loss loss;
	struct gsc_audio_block seen; /* everything that came, for the check of parity */
	struct gsc_audio_block kept; /* without what was dropped */
	bool any, any_done;
	uint32_t last_seq;  /* not cut to 16 bits */
	uint16_t next_base; /* block after the newest finished one */
	uint64_t packets, repaired, lost, payload_bytes, dropped;
	size_t payload_len;
	double first_ms, last_ms;
	double square_sum[8];
	uint64_t samples;
};

bool gsc_audio_open(struct gsc_audio *a, const struct gsc_session *s);
void gsc_audio_close(struct gsc_audio *a);
void gsc_audio_datagram(struct gsc_audio *a, const uint8_t *data, size_t len, double now_ms);
/* Finishes the block under way. */
void gsc_audio_end(struct gsc_audio *a);
