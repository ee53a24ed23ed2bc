/* Decoding with libavcodec, to count what is wrong with a stream and to keep its last whole picture. One
 * thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/codec.h"

struct pf_probe_decoder;

/* Errors: PF_ERR_UNSUPPORTED (this build of libavcodec lacks the codec), PF_ERR_NOMEM. */
int pf_probe_decoder_create(struct pf_probe_decoder **out, enum pf_codec codec, struct pf_reason *reason);
void pf_probe_decoder_destroy(struct pf_probe_decoder *d);

struct pf_probe_decoded {
	unsigned pictures; /* whole ones that came out */
	unsigned errors;   /* refused data and damaged pictures */
};

/* One access unit. */
struct pf_probe_decoded pf_probe_decoder_feed(
	struct pf_probe_decoder *d, const uint8_t *data, size_t len, uint64_t pts_ns);
/* Of the last whole picture: its pts, and the mean of its luma as a part of the highest value. There was one. */
float pf_probe_decoder_luma(const struct pf_probe_decoder *d, uint64_t *pts_ns);
/* Size of the last whole picture; zeros when there was none. */
void pf_probe_decoder_size(const struct pf_probe_decoder *d, unsigned *width_px, unsigned *height_px);
/* Writes it as PNG. Errors: PF_ERR_NOT_FOUND, PF_ERR_UNSUPPORTED (pixel format), PF_ERR_NOMEM, PF_ERR_IO. */
int pf_probe_decoder_snapshot(const struct pf_probe_decoder *d, const char *path, struct pf_reason *reason);
