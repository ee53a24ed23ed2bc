/*
 * AES-128-GCM as GameStream uses it beside the video packets (gamestream 3.1, 4.4): few messages, no associated data,
 * and in the older scheme IVs of 16 bytes, which the fast ciphers of seal/ do not take. Pure; one thread per context.
 */
#pragma once

#include <nettle/gcm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_GS_KEY_BYTES 16
#define PF_GS_TAG_BYTES 16
#define PF_GS_IV_MAX    16

struct pf_gs_iv {
	uint8_t bytes[PF_GS_IV_MAX];
	size_t len;
};

struct pf_gs_gcm {
	struct gcm_aes128_ctx context;
};

/* The 12-byte IV of 3.1 and 4.4: the sequence little endian, zeros, then two letters. */
struct pf_gs_iv pf_gs_iv(uint32_t seq, char tenth, char eleventh);
/* The 16-byte IV of 4.4's older scheme. */
struct pf_gs_iv pf_gs_iv_legacy(uint32_t seq);

void pf_gs_gcm_init(struct pf_gs_gcm *g, const uint8_t key[PF_GS_KEY_BYTES]);
void pf_gs_gcm_wipe(struct pf_gs_gcm *g);
/* out may be text. */
void pf_gs_gcm_seal(struct pf_gs_gcm *g, const struct pf_gs_iv *iv, const uint8_t *text, size_t len,
	uint8_t *out, uint8_t tag[PF_GS_TAG_BYTES]);
/* False when the tag is wrong; out is zeroed then. */
bool pf_gs_gcm_open(struct pf_gs_gcm *g, const struct pf_gs_iv *iv, const uint8_t *sealed, size_t len,
	uint8_t *out, const uint8_t tag[PF_GS_TAG_BYTES]);
