/*
 * Access units out. One encoder per media pipeline; all calls come from the encode thread. The first unit
 * is an IDR; from then on IDRs come only when asked for (infinite GOP), no B frames, no lookahead, VBV of
 * about one frame.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/codec.h"
#include "media/frame.h"
#include "media/mode.h"
#include "media/unit.h"

struct pf_encoder;

struct pf_encoder_params {
	enum pf_codec codec;
	struct pf_mode mode;
	struct pf_colour colour; /* all 0: BT.709, limited range */
	uint32_t bitrate_kbps;   /* of the encoder, parity and packet overhead already taken off */
	unsigned threads;        /* 0 = as many as help */
	unsigned
		slices; /* wish; 0 = one per thread where the codec gains by it. HEVC in software makes one */
	uint32_t max_unit_bytes; /* what the client takes (native-media 3.1 M) */
};

struct pf_encode_request {
	bool force_key;
	bool repeat; /* the same picture again: mark the unit, keep its quality rising */
	uint64_t pts_ns;
	uint32_t frame_index; /* for the unit that comes out; counted on only when one did */
};

struct pf_encoder_impl {
	const char *name;
	unsigned codecs; /* what it could do at best: bits of enum pf_codec */
	unsigned slow;   /* of these, what does not keep up with an ordinary display */
	int (*probe)(enum pf_codec codec, struct pf_reason *reason);
	int (*open)(
		struct pf_encoder **out, const struct pf_encoder_params *params, struct pf_reason *reason);
	int (*encode)(struct pf_encoder *e, struct pf_frame *frame, const struct pf_encode_request *request,
		struct pf_unit **out);
	int (*set_rate)(struct pf_encoder *e, uint32_t bitrate_kbps);
	void (*close)(struct pf_encoder *e);
};

/* First member of every backend's own struct. */
struct pf_encoder {
	const struct pf_encoder_impl *impl;
};

/* The registry: rows in order of preference. "dummy" is never picked by itself. */
const struct pf_encoder_impl *const *pf_encoder_list(size_t *count);

/* Which codecs can be encoded here now; bits of enum pf_codec. backend NULL = any but the dummy.
 * Probed once, then remembered. Thread-safety: safe. */
unsigned pf_encoder_codecs(const char *backend);
/* Of these, what no such backend makes at the pace of an ordinary display. Thread-safety: safe. */
unsigned pf_encoder_slow_codecs(const char *backend);
/* Can this backend (NULL: any) make this codec now, and if not why and what would help. */
int pf_encoder_probe(const char *backend, enum pf_codec codec, struct pf_reason *reason);

/* Errors: PF_ERR_UNSUPPORTED, PF_ERR_NOT_FOUND (unknown backend), PF_ERR_NOMEM, PF_ERR_INVALID; with a
 * reason. */
int pf_encoder_open(struct pf_encoder **out, const char *backend, const struct pf_encoder_params *params,
	struct pf_reason *reason);
/*
 * Encodes one picture. The encoder takes no reference beyond the call. On PF_OK *out is a unit with data,
 * len, key, repeat, frame_index, pts and the frame's stamps plus convert_us and encode_us; the caller drops
 * it. Only the frame's damage is read: who drops frames before the encoder merges their damage into the
 * next one. A repeat reads no pixels at all. A unit above max_unit_bytes is logged and handed out all the
 * same: the sender drops it and asks for a key.
 * Errors: PF_ERR_AGAIN (no unit for this picture: the next one will come out), PF_ERR_INVALID (picture of
 * another size or format), PF_ERR_LIMIT (too many units are still referenced; nothing was encoded),
 * PF_ERR_REBUILD (the encoder is broken: close and open anew), PF_ERR_NOMEM.
 */
int pf_encoder_encode(struct pf_encoder *e, struct pf_frame *frame, const struct pf_encode_request *request,
	struct pf_unit **out);
/* In place, from the next picture on. Errors: PF_ERR_UNSUPPORTED (rebuild instead). */
int pf_encoder_set_rate(struct pf_encoder *e, uint32_t bitrate_kbps);
void pf_encoder_close(struct pf_encoder *e);
const char *pf_encoder_name(const struct pf_encoder *e);
