/*
 * Picture buffers of one size in one shared-memory file, for sources that fill plain memory. The source
 * takes a free buffer, fills it (or has it filled), and publishes it as a frame; the last reference to the
 * frame, dropped by any thread, frees the buffer and rings the bell if the source waits for one. The pool
 * lives as long as the source or a frame does.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/frame.h"

/* One with the source, one in the mailbox, one in the encoder, one to spare. */
#define PF_FRAME_POOL_BUFFERS 4

struct pf_frame_pool;

struct pf_frame_pool_params {
	uint32_t width_px, height_px, stride_bytes;
	uint32_t fourcc; /* four bytes per pixel */
};

/* Errors: PF_ERR_NOMEM, PF_ERR_IO (errno), PF_ERR_INVALID (stride below a row, or too large for wl_shm). */
int pf_frame_pool_create(struct pf_frame_pool **out, const struct pf_frame_pool_params *params);
/* The source's own reference; NULL is fine. */
void pf_frame_pool_unref(struct pf_frame_pool *pool);

/* What a compositor needs to map it: sealed against shrinking. The descriptor stays the pool's. */
int pf_frame_pool_fd(const struct pf_frame_pool *pool);
size_t pf_frame_pool_size(const struct pf_frame_pool *pool);
size_t pf_frame_pool_offset(const struct pf_frame_pool *pool, unsigned index);
void *pf_frame_pool_pixels(struct pf_frame_pool *pool, unsigned index);

/* Source thread: the index of a buffer that is now the source's, or -1: the bell rings when one is free. */
int pf_frame_pool_take(struct pf_frame_pool *pool);
/* Source thread: gives a taken buffer back unused. */
void pf_frame_pool_untake(struct pf_frame_pool *pool, unsigned index);
/* Source thread: a taken buffer becomes a frame with one reference, size, format and plane filled in, full
 * damage, everything else zero. */
struct pf_frame *pf_frame_pool_publish(struct pf_frame_pool *pool, unsigned index);

/* An eventfd that becomes readable when the bell rings; the source's to poll and to clear. */
int pf_frame_pool_bell(const struct pf_frame_pool *pool);
void pf_frame_pool_clear(struct pf_frame_pool *pool);
/* Thread-safety: safe. */
void pf_frame_pool_ring(struct pf_frame_pool *pool);
