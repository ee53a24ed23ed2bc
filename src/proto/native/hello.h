/*
 * Hello, the first message of a client (native-control 3.1). It grows at its tail only: a field that the
 * message does not reach has its default. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/writer.h"
#include "media/mode.h"
#include "proto/native/caps.h"
#include "proto/native/hdr.h"

#define PF_HELLO_BYTES_MIN  20
#define PF_HELLO_NAME_MAX   64
#define PF_HELLO_LAUNCH_MAX 128
#define PF_HELLO_BYTES_MAX  (28 + PF_HELLO_NAME_MAX + PF_HELLO_LAUNCH_MAX + 4 + PF_HDR_BYTES + 10)

struct pf_hello {
	uint32_t abi_version; /* any; a host refuses what is not PF_WIRE_VERSION */
	struct pf_mode mode;  /* as asked, unchecked */
	enum pf_compositor compositor;
	enum pf_gamepad gamepad;
	uint32_t bitrate_kbps;                /* wire budget; 0 = the host's default */
	char name[PF_HELLO_NAME_MAX + 1];     /* UTF-8, not yet sanitised; "" = absent */
	char launch[PF_HELLO_LAUNCH_MAX + 1]; /* UTF-8; "" = absent */
	uint8_t video_caps;                   /* PF_VIDEO_* */
	uint8_t audio_channels;               /* 2, 6 or 8 */
	uint8_t video_codecs;                 /* bits of enum pf_codec; 0 means HEVC only */
	uint8_t preferred_codec;              /* 0 = no preference */
	bool has_hdr;
	struct pf_hdr hdr;          /* the client's panel */
	uint8_t client_caps;        /* PF_CLIENT_* */
	uint16_t max_shard_payload; /* 0 = keep the default size all session */
	uint32_t audio_rate_hz;     /* never 0 */
	uint8_t audio_bits;         /* 16 or 24 */
	enum pf_audio_layout audio_layout;
	enum pf_video_fit video_fit;
};

/* What a Hello of PF_HELLO_BYTES_MIN bytes says beyond its mode, with the current wire version. */
void pf_hello_init(struct pf_hello *h);

/* Values out of range become their defaults. *out is written on success only. Errors: PF_ERR_TRUNCATED,
 * PF_ERR_INVALID (magic). */
int pf_hello_read(struct pf_hello *out, const uint8_t *data, size_t len);
/* Leaves out trailing defaults, yet needs room for PF_HELLO_BYTES_MAX. */
void pf_hello_write(struct pf_wr *w, const struct pf_hello *h);
