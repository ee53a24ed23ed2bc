#include "packet/gs_audio.h"

#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "fec/fec8.h"

#define DATA        4 /* packets of a block */
#define PARITY      2
#define RTP_HEAD    12
#define PARITY_HEAD 24
#define TYPE_DATA   97
#define TYPE_PARITY 127

struct pf_gs_audio {
	bool encrypted;
	struct CBC_CTX(struct aes128_ctx, AES_BLOCK_SIZE) cipher;
	uint32_t key_id;
	unsigned packet_ms;
	struct pf_fec8 *fec;
	uint32_t count; /* packets so far; the sequence is its low half */
	size_t payload_len;
	uint8_t data[DATA][RTP_HEAD + PF_GS_AUDIO_PAYLOAD_MAX];
	uint8_t parity[PARITY][PARITY_HEAD + PF_GS_AUDIO_PAYLOAD_MAX];
};

int pf_gs_audio_create(struct pf_gs_audio **out, const uint8_t *key, uint32_t key_id, unsigned packet_ms)
{
	struct pf_gs_audio *a = calloc(1, sizeof(*a));
	if (!a)
		return PF_ERR_NOMEM;
	a->encrypted = key != NULL;
	a->key_id = key_id;
	a->packet_ms = packet_ms;
	if (key)
		aes128_set_encrypt_key(&a->cipher.ctx, key);
	int rc = pf_fec8_create(&a->fec, PF_FEC8_AUDIO, NULL);
	if (rc < 0) {
		pf_gs_audio_destroy(a);
		return rc;
	}
	*out = a;
	return PF_OK;
}

void pf_gs_audio_destroy(struct pf_gs_audio *a)
{
	if (!a)
		return;
	pf_fec8_destroy(a->fec);
	sodium_memzero(a, sizeof(*a));
	free(a);
}

static void write_rtp(struct pf_wr *w, uint8_t type, uint16_t seq, uint32_t timestamp)
{
	pf_wr_u8(w, 0x80);
	pf_wr_u8(w, type);
	pf_wr_u16be(w, seq);
	pf_wr_u32be(w, timestamp);
	pf_wr_u32be(w, 0);
}

/* PKCS#7 and CBC; the IV counts with the sequence. Returns the length. */
static size_t encrypt(struct pf_gs_audio *a, uint16_t seq, uint8_t *payload, size_t len)
{
	uint8_t iv[AES_BLOCK_SIZE] = {0};
	struct pf_wr w = pf_wr_init(iv, sizeof(iv));
	pf_wr_u32be(&w, a->key_id + seq);
	size_t pad = AES_BLOCK_SIZE - len % AES_BLOCK_SIZE;
	memset(payload + len, (int)pad, pad);
	CBC_SET_IV(&a->cipher, iv);
	CBC_ENCRYPT(&a->cipher, aes128_encrypt, len + pad, payload, payload);
	return len + pad;
}

/* The block's parity, over the payloads as they were sent. */
static int add_parity(struct pf_gs_audio *a, struct pf_gs_audio_packets *out)
{
	const uint8_t *data[DATA];
	uint8_t *parity[PARITY];
	uint32_t base = a->count - DATA;
	for (unsigned i = 0; i < DATA; i++)
		data[i] = a->data[i] + RTP_HEAD;
	for (unsigned i = 0; i < PARITY; i++)
		parity[i] = a->parity[i] + PARITY_HEAD;
	int rc = pf_fec8_encode(a->fec, data, DATA, parity, PARITY, a->payload_len);
	for (unsigned i = 0; rc == PF_OK && i < PARITY; i++) {
		struct pf_wr w = pf_wr_init(a->parity[i], PARITY_HEAD);
		write_rtp(&w, TYPE_PARITY, (uint16_t)(a->count + i), 0);
		pf_wr_u8(&w, (uint8_t)i);
		pf_wr_u8(&w, TYPE_DATA);
		pf_wr_u16be(&w, (uint16_t)base);
		pf_wr_u32be(&w, base * a->packet_ms);
		pf_wr_u32be(&w, 0);
		out->packet[out->count] = a->parity[i];
		out->len[out->count++] = PARITY_HEAD + a->payload_len;
	}
	return rc;
}

int pf_gs_audio_next(struct pf_gs_audio *a, const uint8_t *opus, size_t len, struct pf_gs_audio_packets *out)
{
	unsigned at = a->count % DATA;
	uint16_t seq = (uint16_t)a->count;
	out->count = 0;
	if (len == 0 || len > PF_GS_AUDIO_PAYLOAD_MAX - AES_BLOCK_SIZE)
		return PF_ERR_INVALID;
	struct pf_wr w = pf_wr_init(a->data[at], RTP_HEAD);
	write_rtp(&w, TYPE_DATA, seq, a->count * a->packet_ms);
	uint8_t *payload = a->data[at] + RTP_HEAD;
	memcpy(payload, opus, len);
	size_t sent = a->encrypted ? encrypt(a, seq, payload, len) : len;
	if (at > 0 && sent != a->payload_len)
		return PF_ERR_INVALID;
	a->payload_len = sent;
	a->count++;
	out->packet[0] = a->data[at];
	out->len[0] = RTP_HEAD + sent;
	out->count = 1;
	return at + 1 == DATA ? add_parity(a, out) : PF_OK;
}
