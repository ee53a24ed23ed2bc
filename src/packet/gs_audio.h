/*
 * GameStream audio packets (gamestream 7.3, 7.4): RTP, encryption, and two parity packets behind every four. Pure; one
 * thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_GS_AUDIO_PAYLOAD_MAX 1424 /* an Opus packet of 1400 bytes, padded by encryption */
#define PF_GS_AUDIO_PACKET_MAX  (24 + PF_GS_AUDIO_PAYLOAD_MAX)
#define PF_GS_AUDIO_PACKETS     3

struct pf_gs_audio;

/* Hold until the next call. */
struct pf_gs_audio_packets {
	unsigned count; /* 1, or 3 with parity */
	const uint8_t *packet[PF_GS_AUDIO_PACKETS];
	size_t len[PF_GS_AUDIO_PACKETS];
};

/* key NULL: plain. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. */
int pf_gs_audio_create(struct pf_gs_audio **out, const uint8_t *key, uint32_t key_id, unsigned packet_ms);
/* Wipes the key. */
void pf_gs_audio_destroy(struct pf_gs_audio *a);
/* The next Opus packet; all of a stream have one length. Errors: PF_ERR_INVALID (too long, or another length within a
 * block of four), PF_ERR_NOMEM. */
int pf_gs_audio_next(struct pf_gs_audio *a, const uint8_t *opus, size_t len, struct pf_gs_audio_packets *out);
