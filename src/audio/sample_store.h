/*
 * What was captured and is not taken out yet: written by PipeWire's data thread, read by the audio thread of a stream,
 * without a lock. Nobody waits for the other: what is not taken out in time is lost, the oldest first, and counted.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "audio/source.h"
#include "base/error.h"

#define PF_SAMPLE_CHUNKS 64 /* "of late" */

struct pf_sample_store {
	unsigned channels;
	unsigned kept;     /* frames that can wait */
	unsigned capacity; /* frames: more than that, because only the reader throws away what is stored */
	float *samples;
	_Atomic uint64_t head;   /* frames written in all (release: they are there) */
	_Atomic uint64_t tail;   /* frames taken or thrown away in all (release: their room is free) */
	_Atomic uint64_t begin;  /* head at the last opening (release: head is not before it) */
	_Atomic unsigned opened; /* release: begin */
	_Atomic int64_t newest_ns;
	_Atomic unsigned largest;  /* chunk of late */
	_Atomic uint64_t unstored; /* frames that found no room */
	/* The writer's. */
	unsigned chunk[PF_SAMPLE_CHUNKS], chunks;
	/* The reader's. */
	uint64_t lost; /* frames in all */
};

/* Errors: PF_ERR_NOMEM. */
int pf_sample_store_init(struct pf_sample_store *s, unsigned channels, uint32_t rate_hz);
/* Zeroed is fine. */
void pf_sample_store_finish(struct pf_sample_store *s);

/* The writer: what comes now does not join what came before, which is thrown away. */
void pf_sample_store_open(struct pf_sample_store *s);
/* now_ns: when the newest of them was captured. */
void pf_sample_store_put(struct pf_sample_store *s, const float *samples, unsigned frames, int64_t now_ns);

/* The reader: everything but live. */
void pf_sample_store_look(struct pf_sample_store *s, struct pf_audio_news *out);
/* At most as many frames as look told. */
void pf_sample_store_take(struct pf_sample_store *s, float *out, unsigned frames);
