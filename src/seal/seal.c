#include "seal/seal.h"

#include <endian.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "seal/backend.h"

#define STATE_ALIGN   64
#define DIRECTION_BIT 0x80000000u /* of the salt: set from client to host */

struct pf_seal {
	const struct pf_seal_backend *backend;
	size_t bytes;  /* of the whole allocation */
	uint32_t salt; /* as a big-endian number, with the direction */
	_Alignas(STATE_ALIGN) uint8_t state[];
};

const struct pf_seal_backend *const pf_seal_backends[] = {
#ifdef PF_HAVE_IPSEC_MB
	&pf_seal_ipsec_mb_gcm,
	&pf_seal_ipsec_mb_chacha,
#endif
	&pf_seal_gnutls_gcm,
	&pf_seal_sodium_chacha,
	NULL,
};

static size_t key_bytes(enum pf_cipher cipher)
{
	return cipher == PF_CIPHER_AES128_GCM ? 16 : 32;
}

int pf_seal_create_with(struct pf_seal **out, const struct pf_seal_backend *backend, const uint8_t *key,
	const uint8_t salt[PF_SEAL_SALT_BYTES], enum pf_direction direction)
{
	if (sodium_is_zero(key, key_bytes(backend->cipher)))
		return PF_ERR_INVALID;
	size_t bytes = sizeof(struct pf_seal) + backend->state_bytes;
	bytes += -bytes % STATE_ALIGN;
	struct pf_seal *s = aligned_alloc(STATE_ALIGN, bytes);
	if (!s)
		return PF_ERR_NOMEM;
	memset(s, 0, bytes);
	s->backend = backend;
	s->bytes = bytes;
	memcpy(&s->salt, salt, PF_SEAL_SALT_BYTES);
	s->salt = be32toh(s->salt) & ~DIRECTION_BIT;
	if (direction == PF_CLIENT_TO_HOST)
		s->salt |= DIRECTION_BIT;

	int rc = backend->init(s->state, key);
	if (rc < 0) {
		sodium_memzero(s, bytes);
		free(s);
		return rc;
	}
	*out = s;
	return PF_OK;
}

int pf_seal_create(struct pf_seal **out, enum pf_cipher cipher, const uint8_t *key,
	const uint8_t salt[PF_SEAL_SALT_BYTES], enum pf_direction direction)
{
	int rc = PF_ERR_INVALID;
	for (size_t i = 0; pf_seal_backends[i]; i++) {
		if (pf_seal_backends[i]->cipher != cipher)
			continue;
		rc = pf_seal_create_with(out, pf_seal_backends[i], key, salt, direction);
		if (rc != PF_ERR_UNSUPPORTED)
			break;
	}
	return rc;
}

void pf_seal_destroy(struct pf_seal *s)
{
	if (!s)
		return;
	if (s->backend->finish)
		s->backend->finish(s->state);
	sodium_memzero(s, s->bytes);
	free(s);
}

/* salt | seq, put together in registers: the cipher reads it in other pieces than it was written, and would
 * wait for bytes still on their way to memory. */
static void make_nonce(const struct pf_seal *s, uint64_t seq, uint8_t nonce[PF_SEAL_NONCE_BYTES])
{
	uint64_t head = (uint64_t)s->salt << 32 | seq >> 32;
	uint64_t first = htobe64(head);
	uint32_t last = htobe32((uint32_t)seq);
	memcpy(nonce, &first, sizeof(first));
	memcpy(nonce + sizeof(first), &last, sizeof(last));
}

void pf_seal_datagram(struct pf_seal *s, uint64_t seq, uint8_t *datagram, size_t len)
{
	uint8_t nonce[PF_SEAL_NONCE_BYTES];
	uint64_t wire_seq = htobe64(seq);
	memcpy(datagram, &wire_seq, PF_SEAL_SEQ_BYTES);
	make_nonce(s, seq, nonce);
	uint8_t *text = datagram + PF_SEAL_SEQ_BYTES;
	s->backend->encrypt(s->state, nonce, datagram, PF_SEAL_SEQ_BYTES, text, len, text + len);
}

void pf_seal_gamestream(struct pf_seal *s, uint64_t counter, uint32_t frame, uint8_t *datagram, size_t len)
{
	uint8_t nonce[PF_SEAL_NONCE_BYTES] = {0};
	uint64_t wire_counter = htole64(counter);
	uint32_t wire_frame = htole32(frame);
	memcpy(nonce, &wire_counter, sizeof(wire_counter));
	nonce[PF_SEAL_NONCE_BYTES - 1] = 'V';
	memcpy(datagram, nonce, sizeof(nonce));
	memcpy(datagram + sizeof(nonce), &wire_frame, sizeof(wire_frame));
	uint8_t *tag = datagram + sizeof(nonce) + sizeof(wire_frame),
		*text = datagram + PF_SEAL_GAMESTREAM_HEAD;
	s->backend->encrypt(s->state, nonce, nonce, 0, text, len, tag);
}

int pf_seal_open(
	struct pf_seal *s, uint8_t *datagram, size_t datagram_len, uint64_t *seq_out, size_t *len_out)
{
	if (datagram_len < PF_SEAL_OVERHEAD)
		return PF_ERR_TRUNCATED;
	uint8_t nonce[PF_SEAL_NONCE_BYTES];
	uint64_t wire_seq;
	memcpy(&wire_seq, datagram, PF_SEAL_SEQ_BYTES);
	uint64_t seq = be64toh(wire_seq);
	make_nonce(s, seq, nonce);
	size_t len = datagram_len - PF_SEAL_OVERHEAD;
	uint8_t *text = datagram + PF_SEAL_SEQ_BYTES;
	int rc = s->backend->decrypt(s->state, nonce, datagram, PF_SEAL_SEQ_BYTES, text, len, text + len);
	if (rc < 0)
		return rc;
	*seq_out = seq;
	*len_out = len;
	return PF_OK;
}
