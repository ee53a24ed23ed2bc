#include "pairing/spake2.h"

#include <gnutls/crypto.h>
#include <sodium.h>
#include <string.h>

#define POINT_BYTES crypto_core_ed25519_BYTES
#define WIDE_BYTES  48 /* of the password's expansion, so that its reduction has no bias */
#define INFO        "SPAKE2 pw"

static const uint8_t point_m[POINT_BYTES] = {0x15, 0xcf, 0xd1, 0x8e, 0x38, 0x59, 0x52, 0x98, 0x2b, 0x6a, 0x8f,
	0x8c, 0x78, 0x54, 0x96, 0x3b, 0x58, 0xe3, 0x43, 0x88, 0xc8, 0xe6, 0xda, 0xe8, 0x91, 0xdb, 0x75, 0x64,
	0x81, 0xa0, 0x23, 0x12};
static const uint8_t point_n[POINT_BYTES] = {0xf0, 0x4f, 0x2e, 0x7e, 0xb7, 0x34, 0xb2, 0xa8, 0xf8, 0xb4, 0x72,
	0xea, 0xf9, 0xc3, 0xc6, 0x32, 0x57, 0x6a, 0xc6, 0x4a, 0xea, 0x65, 0x0b, 0x49, 0x6a, 0x8a, 0x20, 0xff,
	0x00, 0xe5, 0x83, 0xc3};

static const uint8_t *blinding(enum pf_spake2_role role)
{
	return role == PF_SPAKE2_A ? point_m : point_n;
}

/* w: the password spread over 48 bytes, read big endian, modulo the group's order. */
static int reduce_password(uint8_t out[PF_SPAKE2_SCALAR_BYTES], struct pf_slice password)
{
	const gnutls_datum_t ikm = {(unsigned char *)password.data, (unsigned)password.len};
	const gnutls_datum_t salt = {NULL, 0}, info = {(unsigned char *)INFO, sizeof(INFO) - 1};
	uint8_t prk[32], wide[WIDE_BYTES], little[crypto_core_ed25519_NONREDUCEDSCALARBYTES] = {0};
	const gnutls_datum_t key = {prk, sizeof(prk)};
	int rc = gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &ikm, &salt, prk);
	if (rc >= 0)
		rc = gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &info, wide, sizeof(wide));
	if (rc >= 0) {
		for (size_t i = 0; i < sizeof(wide); i++)
			little[i] = wide[sizeof(wide) - 1 - i];
		crypto_core_ed25519_scalar_reduce(out, little);
	}
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(wide, sizeof(wide));
	sodium_memzero(little, sizeof(little));
	return rc < 0 ? PF_ERR_NOMEM : PF_OK;
}

/* message = role, scalar * B + w * (M or N). */
static int make_message(struct pf_spake2 *s)
{
	uint8_t own[POINT_BYTES], mask[POINT_BYTES];
	int rc = PF_OK;
	if (crypto_scalarmult_ed25519_base_noclamp(own, s->scalar) != 0 ||
		crypto_scalarmult_ed25519_noclamp(mask, s->password_scalar, blinding(s->role)) != 0 ||
		crypto_core_ed25519_add(s->message + 1, own, mask) != 0)
		rc = PF_ERR_INVALID;
	s->message[0] = (uint8_t)s->role;
	sodium_memzero(own, sizeof(own));
	sodium_memzero(mask, sizeof(mask));
	return rc;
}

int pf_spake2_start(struct pf_spake2 *s, enum pf_spake2_role role, struct pf_slice password,
	const uint8_t scalar[PF_SPAKE2_SCALAR_BYTES])
{
	*s = (struct pf_spake2){.role = role};
	if (scalar)
		memcpy(s->scalar, scalar, sizeof(s->scalar));
	else
		crypto_core_ed25519_scalar_random(s->scalar);
	crypto_hash_sha256(s->password_hash, password.data, password.len);
	int rc = reduce_password(s->password_scalar, password);
	if (rc == PF_OK)
		rc = make_message(s);
	if (rc < 0)
		pf_spake2_wipe(s);
	return rc;
}

/* K = own scalar * (peer's point - w * (N or M)); the library refuses what is not in the prime-order group. */
static int share(const struct pf_spake2 *s, const uint8_t peer[POINT_BYTES], uint8_t out[POINT_BYTES])
{
	enum pf_spake2_role other = s->role == PF_SPAKE2_A ? PF_SPAKE2_B : PF_SPAKE2_A;
	uint8_t mask[POINT_BYTES], bare[POINT_BYTES];
	int rc = PF_OK;
	if (crypto_core_ed25519_is_valid_point(peer) != 1 ||
		crypto_scalarmult_ed25519_noclamp(mask, s->password_scalar, blinding(other)) != 0 ||
		crypto_core_ed25519_sub(bare, peer, mask) != 0 ||
		crypto_scalarmult_ed25519_noclamp(out, s->scalar, bare) != 0)
		rc = PF_ERR_INVALID;
	sodium_memzero(mask, sizeof(mask));
	sodium_memzero(bare, sizeof(bare));
	return rc;
}

static void absorb_hash(crypto_hash_sha256_state *transcript, struct pf_slice text)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, text.data, text.len);
	crypto_hash_sha256_update(transcript, hash, sizeof(hash));
}

int pf_spake2_finish(struct pf_spake2 *s, struct pf_slice peer, struct pf_slice id_a, struct pf_slice id_b,
	uint8_t key[PF_SPAKE2_KEY_BYTES])
{
	uint8_t other = s->role == PF_SPAKE2_A ? PF_SPAKE2_B : PF_SPAKE2_A;
	uint8_t shared[POINT_BYTES];
	int rc = PF_ERR_INVALID;
	if (peer.len == PF_SPAKE2_MESSAGE_BYTES && peer.data[0] == other)
		rc = share(s, peer.data + 1, shared);
	if (rc == PF_OK) {
		const uint8_t *x = s->role == PF_SPAKE2_A ? s->message + 1 : peer.data + 1;
		const uint8_t *y = s->role == PF_SPAKE2_A ? peer.data + 1 : s->message + 1;
		crypto_hash_sha256_state transcript;
		crypto_hash_sha256_init(&transcript);
		crypto_hash_sha256_update(&transcript, s->password_hash, sizeof(s->password_hash));
		absorb_hash(&transcript, id_a);
		absorb_hash(&transcript, id_b);
		crypto_hash_sha256_update(&transcript, x, POINT_BYTES);
		crypto_hash_sha256_update(&transcript, y, POINT_BYTES);
		crypto_hash_sha256_update(&transcript, shared, POINT_BYTES);
		crypto_hash_sha256_final(&transcript, key);
		sodium_memzero(&transcript, sizeof(transcript));
	}
	sodium_memzero(shared, sizeof(shared));
	pf_spake2_wipe(s);
	return rc;
}

void pf_spake2_wipe(struct pf_spake2 *s)
{
	sodium_memzero(s, sizeof(*s));
}
