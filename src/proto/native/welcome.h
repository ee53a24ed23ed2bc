/*
 * Welcome, the host's answer to Hello: everything the session needs, the media keys included
 * (native-control 3.3). Wipe it after use. It grows at its tail only. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "media/codec.h"
#include "media/frame.h"
#include "media/mode.h"
#include "proto/native/caps.h"

#define PF_WELCOME_BYTES_MIN    53
#define PF_WELCOME_BYTES_MAX    (121 + 4096)
#define PF_WELCOME_KEY_BYTES    16
#define PF_WELCOME_SALT_BYTES   4
#define PF_WELCOME_CHACHA_BYTES 32

struct pf_welcome {
	uint32_t abi_version;
	uint16_t udp_port; /* of the host's media socket */
	struct pf_mode mode;
	uint8_t fec_scheme;  /* 0 GF(2^8), 1 GF(2^16) */
	uint8_t fec_percent; /* parity at the start */
	uint16_t max_data_per_block;
	uint16_t shard_payload;
	bool encrypt;
	uint8_t key[PF_WELCOME_KEY_BYTES];
	uint8_t salt[PF_WELCOME_SALT_BYTES];
	uint32_t frames; /* 0 = unbounded */
	enum pf_compositor compositor;
	enum pf_gamepad gamepad;
	uint32_t bitrate_kbps; /* wire budget */
	uint8_t bit_depth;     /* 8 or 10 */
	struct pf_colour colour;
	enum pf_chroma chroma;
	uint8_t audio_channels; /* 2, 6 or 8 */
	enum pf_codec codec;
	uint8_t host_caps;                           /* PF_HOST_* */
	uint8_t cipher;                              /* enum pf_cipher: 0 AES-128-GCM, 1 ChaCha20-Poly1305 */
	uint8_t chacha_key[PF_WELCOME_CHACHA_BYTES]; /* only with cipher 1 */
	uint16_t mgmt_port;                          /* 0 = PF_MGMT_PORT_DEFAULT */
	uint32_t grants;                             /* PF_GRANT_* */
	uint32_t expires_in_secs;                    /* 0 = permanent */
	enum pf_audio_codec audio_codec;
	uint32_t audio_rate_hz;
	uint8_t audio_bits;      /* 16 or 24 */
	uint16_t audio_frame_us; /* 0 with Opus */
	uint8_t host_caps2;      /* PF_HOST2_* */
	enum pf_audio_layout audio_layout;
	bool has_ext;
	struct pf_slice ext; /* checked records for pf_ext_next; points into the message */
};

/* What a Welcome of PF_WELCOME_BYTES_MIN bytes says in its optional fields; fixed ones are zero but for
 * the wire version, scheme 1 and encrypt. */
void pf_welcome_init(struct pf_welcome *w);

/* Optional values out of range become their defaults. *out is written on success only. Errors:
 * PF_ERR_TRUNCATED (also inside a ChaCha key), PF_ERR_INVALID (magic, cipher, extension block). */
int pf_welcome_read(struct pf_welcome *out, const uint8_t *data, size_t len);
/* What else a client refuses (3.3.3): wire version, shard payload, all-zero key. PF_ERR_UNSUPPORTED or
 * PF_ERR_INVALID with a reason. */
int pf_welcome_check(const struct pf_welcome *w, struct pf_reason *reason);
/* At least 68 bytes; behind them trailing defaults are left out. Needs room for 121 bytes. */
void pf_welcome_write(struct pf_wr *w, const struct pf_welcome *welcome);
