/*
 * What is done with the received units besides measuring: written to a file, decoded. On a thread of its
 * own, fed over a ring of copies, so that neither disk nor decoder holds up the socket. When the ring is
 * full a unit is left out and counted; the decoder then needs a keyframe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/codec.h"
#include "probe/av_sync.h"

struct pf_probe_output;

struct pf_probe_output_params {
	const char *path; /* of the dump; NULL: none */
	enum pf_codec codec;
	bool decode;
	const char *snapshot;    /* PNG of the last whole picture, written by _finish; NULL: none */
	struct pf_av_sync *sync; /* told of each picture, on the output's thread; NULL: none */
};

struct pf_probe_output_stats {
	uint64_t written, left_out;   /* units */
	uint64_t pictures;            /* whole ones out of the decoder */
	uint64_t decoder_errors;      /* units refused and pictures that were damaged */
	unsigned width_px, height_px; /* of the last whole picture; 0 = there was none */
};

/* Errors: PF_ERR_IO (dump file), PF_ERR_UNSUPPORTED (no decoder), PF_ERR_NOMEM. */
int pf_probe_output_start(
	struct pf_probe_output **out, const struct pf_probe_output_params *params, struct pf_reason *reason);
/* Producer thread. Copies the unit. */
void pf_probe_output_put(struct pf_probe_output *o, const uint8_t *data, size_t len, uint64_t pts_ns);
/* Any thread: true once whenever three units in a row gave no picture (native-media 5.4). */
bool pf_probe_output_wants_key(struct pf_probe_output *o);
/* Works off what is queued, writes the snapshot, and frees. NULL gives zeros. Errors: PF_ERR_IO (dump or
 * snapshot), PF_ERR_NOT_FOUND (a snapshot, but no picture); *stats is written in every case. */
int pf_probe_output_finish(
	struct pf_probe_output *o, struct pf_probe_output_stats *stats, struct pf_reason *reason);
