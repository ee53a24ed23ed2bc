#include "proto/gamestream/gcm.h"

#include <sodium.h>
#include <string.h>

struct pf_gs_iv pf_gs_iv(uint32_t seq, char tenth, char eleventh)
{
	struct pf_gs_iv iv = {.len = 12};
	for (size_t i = 0; i < 4; i++)
		iv.bytes[i] = (uint8_t)(seq >> (8 * i));
	iv.bytes[10] = (uint8_t)tenth;
	iv.bytes[11] = (uint8_t)eleventh;
	return iv;
}

struct pf_gs_iv pf_gs_iv_legacy(uint32_t seq)
{
	return (struct pf_gs_iv){.bytes = {(uint8_t)seq}, .len = 16};
}

void pf_gs_gcm_init(struct pf_gs_gcm *g, const uint8_t key[PF_GS_KEY_BYTES])
{
	gcm_aes128_set_key(&g->context, key);
}

void pf_gs_gcm_wipe(struct pf_gs_gcm *g)
{
	sodium_memzero(g, sizeof(*g));
}

void pf_gs_gcm_seal(struct pf_gs_gcm *g, const struct pf_gs_iv *iv, const uint8_t *text, size_t len,
	uint8_t *out, uint8_t tag[PF_GS_TAG_BYTES])
{
	gcm_aes128_set_iv(&g->context, iv->len, iv->bytes);
	gcm_aes128_encrypt(&g->context, len, out, text);
	gcm_aes128_digest(&g->context, PF_GS_TAG_BYTES, tag);
}

bool pf_gs_gcm_open(struct pf_gs_gcm *g, const struct pf_gs_iv *iv, const uint8_t *sealed, size_t len,
	uint8_t *out, const uint8_t tag[PF_GS_TAG_BYTES])
{
	uint8_t wanted[PF_GS_TAG_BYTES];
	gcm_aes128_set_iv(&g->context, iv->len, iv->bytes);
	gcm_aes128_decrypt(&g->context, len, out, sealed);
	gcm_aes128_digest(&g->context, PF_GS_TAG_BYTES, wanted);
	if (sodium_memcmp(wanted, tag, sizeof(wanted)) == 0)
		return true;
	memset(out, 0, len);
	return false;
}
