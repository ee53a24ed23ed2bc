/*
 * What Hello and the host's abilities make of a session (native-control 3.5, native-media 1.5, 3.1, 7.4).
 * Pure; sound has its own file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"
#include "media/frame.h"
#include "media/mode.h"
#include "proto/native/caps.h"

/*
 * PF_CODEC_NONE: nothing in common; refuse. Masks are bits of enum pf_codec; client_mask 0 = HEVC only. What is
 * in slow_mask as well is made only for a client that prefers it or takes nothing else: HEVC before H.264 is
 * for hosts that can keep up with a display in it.
 */
enum pf_codec pf_negotiate_codec(
	unsigned client_mask, unsigned preferred, unsigned host_mask, unsigned slow_mask);

/* The wire budget granted for what was asked: 0 = default, else clamped. */
uint32_t pf_negotiate_bitrate(uint32_t asked_kbps);
/* What the encoder gets of a wire budget once sound, parity and packet overhead are taken off; at least
 * PF_BITRATE_MIN_KBPS. */
uint32_t pf_encoder_kbps(
	uint32_t wire_kbps, uint32_t audio_kbps, unsigned shard_payload, unsigned fec_percent);
/* PyroWave's pinned rate; the mode is valid. */
uint32_t pf_pyrowave_kbps(struct pf_mode mode, enum pf_chroma chroma, unsigned bit_depth);

struct pf_shard_path {
	bool ipv6;           /* not for v4-mapped peers */
	unsigned ip_mtu;     /* known for the link, bytes with IP header; 0 = unknown */
	unsigned udp_budget; /* UDP payload that QUIC proved to be the path's end below 1472; 0 = unknown */
	bool jumbo;          /* both ends opted in and ip_mtu is proven: may exceed the default */
	unsigned client_max; /* Hello.max_shard_payload; 0 = the default size, whatever the path */
};
/* Bytes per shard: even, 512..9152; 0 when the client takes none of them (refuse). */
unsigned pf_negotiate_shard_payload(const struct pf_shard_path *path);

/* The largest access unit the client takes, bytes (M). */
uint32_t pf_max_unit_bytes(uint32_t bitrate_kbps, uint32_t refresh_hz);

struct pf_picture_abilities {
	bool encodes_10bit, encodes_444; /* of the encoder, for the codec chosen */
	bool display_is_hdr;
	bool hdr_with_444; /* both at once are possible here */
};
struct pf_picture_grant {
	unsigned bit_depth; /* 8 or 10 */
	bool hdr;
	struct pf_colour colour;
	enum pf_chroma chroma;
};
struct pf_picture_grant pf_negotiate_picture(
	unsigned video_caps, enum pf_codec codec, const struct pf_picture_abilities *host);
