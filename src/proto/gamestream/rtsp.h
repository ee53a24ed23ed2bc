/*
 * RTSP as GameStream clients speak it (gamestream 3.1, 3.2): one request, one reply per connection, plain or in an
 * encrypted frame. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "proto/gamestream/gcm.h"

#define PF_RTSP_BYTES_MAX   ((size_t)64 * 1024)
#define PF_RTSP_HEADERS_MAX 32
#define PF_RTSP_FRAME_HEAD  24

enum pf_rtsp_method {
	PF_RTSP_OTHER,
	PF_RTSP_OPTIONS,
	PF_RTSP_DESCRIBE,
	PF_RTSP_SETUP,
	PF_RTSP_ANNOUNCE,
	PF_RTSP_PLAY,
};
enum pf_rtsp_target { PF_RTSP_NO_STREAM, PF_RTSP_AUDIO, PF_RTSP_VIDEO, PF_RTSP_CONTROL };

struct pf_rtsp_request {
	enum pf_rtsp_method method;
	enum pf_rtsp_target target;
	uint32_t cseq;
	bool normal_quality; /* Host is 0.0.0.0 (3.2) */
	struct pf_slice body;
};

/* How many bytes the request that begins here has. Errors: PF_ERR_TRUNCATED (more must come), PF_ERR_INVALID (no
 * request, or larger than PF_RTSP_BYTES_MAX). */
int pf_rtsp_measure(const uint8_t *data, size_t len, size_t *total);
/* A whole request; the body points into it. Errors: PF_ERR_INVALID, PF_ERR_TRUNCATED. */
int pf_rtsp_read(struct pf_rtsp_request *out, const uint8_t *data, size_t len);

/* Does it begin an encrypted frame? Needs one byte. */
static inline bool pf_rtsp_is_framed(const uint8_t *data)
{
	return data[0] & 0x80;
}
/* As pf_rtsp_measure, for a frame. */
int pf_rtsp_frame_measure(const uint8_t *data, size_t len, size_t *total);
/* A whole frame; out has room for len bytes. Errors: PF_ERR_INVALID, PF_ERR_AUTH. */
int pf_rtsp_frame_open(struct pf_gs_gcm *key, const uint8_t *data, size_t len, uint8_t *out, size_t *out_len);
/* Sequences of replies begin with 1. */
void pf_rtsp_frame_seal(
	struct pf_wr *w, struct pf_gs_gcm *key, uint32_t seq, const uint8_t *text, size_t len);

/* What is not NULL or 0 is written. */
struct pf_rtsp_reply {
	unsigned status; /* 200, 400, 403, 404, 500, 503 */
	uint32_t cseq;
	bool session;
	uint16_t server_port;
	const char *ping_payload;
	bool has_connect_data;
	uint32_t connect_data;
	const char *body;
	size_t body_len;
};
void pf_rtsp_reply_write(struct pf_wr *w, const struct pf_rtsp_reply *r);
