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

/* What the cipher needs to know of a datagram's number. In a cache line of its own, so that no read of one touches
 * what was just written of the other. */
struct numbers {
	_Alignas(STATE_ALIGN) uint64_t seq;
	uint8_t nonce[PF_SEAL_NONCE_BYTES];
	uint8_t bound[PF_SEAL_SEQ_BYTES]; /* the associated data: seq as it is on the wire */
};

struct pf_seal {
	const struct pf_seal_backend *backend;
	size_t bytes;              /* of the whole allocation */
	uint32_t salt;             /* as a big-endian number, with the direction */
	struct numbers numbers[2]; /* of an even and of an odd datagram: see numbers_of() */
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

static void make_numbers(struct numbers *n, uint32_t salt, uint64_t seq)
{
	uint64_t head = htobe64((uint64_t)salt << 32 | seq >> 32), bound = htobe64(seq);
	uint32_t tail = htobe32((uint32_t)seq);
	n->seq = seq;
	memcpy(n->nonce, &head, sizeof(head));
	memcpy(n->nonce + sizeof(head), &tail, sizeof(tail));
	memcpy(n->bound, &bound, sizeof(bound));
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
	make_numbers(&s->numbers[0], s->salt, 0);
	make_numbers(&s->numbers[1], s->salt, 1);

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

/* The cipher reads a number in wider pieces than it was written, and then waits until it has reached the cache: a
 * tenth of the whole call. So the next datagram's, which is nearly always the following one, is written now. */
static const struct numbers *numbers_of(struct pf_seal *s, uint64_t seq)
{
	struct numbers *now = &s->numbers[seq % 2], *next = &s->numbers[(seq + 1) % 2];
	if (now->seq != seq)
		make_numbers(now, s->salt, seq);
	if (next->seq != seq + 1)
		make_numbers(next, s->salt, seq + 1);
	return now;
}

void pf_seal_into(struct pf_seal *s, uint64_t seq, const uint8_t *plain, uint8_t *datagram, size_t len)
{
	const struct numbers *n = numbers_of(s, seq);
	uint8_t *text = datagram + PF_SEAL_SEQ_BYTES;
	memcpy(datagram, n->bound, PF_SEAL_SEQ_BYTES);
	s->backend->encrypt(s->state, n->nonce, n->bound, PF_SEAL_SEQ_BYTES, plain, text, len, text + len);
}

void pf_seal_datagram(struct pf_seal *s, uint64_t seq, uint8_t *datagram, size_t len)
{
	pf_seal_into(s, seq, datagram + PF_SEAL_SEQ_BYTES, datagram, len);
}

/* One after the other: the fastest library gains nothing from taking several at a time. */
void pf_seal_batch(struct pf_seal *s, uint64_t seq, uint8_t *const *datagram, unsigned count, size_t len)
{
	for (unsigned i = 0; i < count; i++)
		pf_seal_datagram(s, seq + i, datagram[i], len);
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
	s->backend->encrypt(s->state, nonce, nonce, 0, text, text, len, tag);
}

int pf_seal_open_into(struct pf_seal *s, const uint8_t *datagram, size_t datagram_len, uint8_t *plain,
	uint64_t *seq_out, size_t *len_out)
{
	if (datagram_len < PF_SEAL_OVERHEAD)
		return PF_ERR_TRUNCATED;
	uint64_t wire_seq;
	memcpy(&wire_seq, datagram, PF_SEAL_SEQ_BYTES);
	uint64_t seq = be64toh(wire_seq);
	const struct numbers *n = numbers_of(s, seq);
	size_t len = datagram_len - PF_SEAL_OVERHEAD;
	int rc = s->backend->decrypt(
		s->state, n->nonce, n->bound, PF_SEAL_SEQ_BYTES, datagram + PF_SEAL_SEQ_BYTES, plain, len);
	if (rc < 0)
		return rc;
	*seq_out = seq;
	*len_out = len;
	return PF_OK;
}

int pf_seal_open(
	struct pf_seal *s, uint8_t *datagram, size_t datagram_len, uint64_t *seq_out, size_t *len_out)
{
	return pf_seal_open_into(s, datagram, datagram_len, datagram + PF_SEAL_SEQ_BYTES, seq_out, len_out);
}
