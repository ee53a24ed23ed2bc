/*
 * The streams of one connection and their bounded send queues. Bytes stay where they are until the peer has
 * acknowledged them, because the QUIC engine retransmits from here. Private to net/.
 */
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/quic.h"

#define PF_QUIC_STREAMS_EACH 16 /* bidirectional streams that either side may have open */
#define PF_QUIC_STREAMS      (2 * PF_QUIC_STREAMS_EACH)

struct pf_quic_stream {
	bool used;
	bool fin_wanted; /* after what is queued */
	bool fin_sent;
	bool reset_told; /* the user knows that the peer cancelled */
	bool shut;       /* our side was reset; nothing is sent any more */
	bool blocked;    /* by the peer's flow control, until it allows more */
	int64_t id;
	uint8_t *ring; /* PF_QUIC_STREAM_QUEUE_BYTES, from the first write on */
	size_t start;  /* of the oldest byte not acknowledged */
	size_t queued; /* not acknowledged, whether sent or not */
	size_t sent;   /* of them, given to the engine */
};

struct pf_quic_streams {
	struct pf_quic_stream stream[PF_QUIC_STREAMS];
	unsigned turn; /* where the next search for work begins: no stream starves another */
};

void pf_quic_streams_finish(struct pf_quic_streams *s);
struct pf_quic_stream *pf_quic_streams_find(struct pf_quic_streams *s, int64_t id);
/* Finds or makes. NULL when all places are taken. */
struct pf_quic_stream *pf_quic_streams_add(struct pf_quic_streams *s, int64_t id);
void pf_quic_stream_remove(struct pf_quic_stream *st);
/* The next stream with something to send, in turn; NULL when there is none. */
struct pf_quic_stream *pf_quic_streams_next(struct pf_quic_streams *s);
void pf_quic_streams_unblock(struct pf_quic_streams *s);
/* How many are open that this side opened. */
unsigned pf_quic_streams_count_local(const struct pf_quic_streams *s, bool server);

/* All or nothing. Errors: PF_ERR_LIMIT, PF_ERR_NOMEM, PF_ERR_CLOSED (after fin or reset). */
int pf_quic_stream_push(struct pf_quic_stream *st, const void *data, size_t len, bool fin);
/* What was not given to the engine yet, in at most two pieces; returns their number. */
size_t pf_quic_stream_pending(const struct pf_quic_stream *st, ngtcp2_vec vec[2]);
/* The engine took n bytes, and the fin with them. */
void pf_quic_stream_took(struct pf_quic_stream *st, size_t n, bool fin);
/* The peer has n more bytes. */
void pf_quic_stream_acked(struct pf_quic_stream *st, size_t n);
