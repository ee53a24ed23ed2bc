/*
 * Sealing and opening of media datagrams (native-media 2.3): seq (8, big endian) | ciphertext | tag (16).
 * One context per direction for the life of a session; no key schedule or allocation per datagram.
 * A context belongs to one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PF_SEAL_SEQ_BYTES  8
#define PF_SEAL_TAG_BYTES  16
#define PF_SEAL_OVERHEAD   (PF_SEAL_SEQ_BYTES + PF_SEAL_TAG_BYTES)
#define PF_SEAL_SALT_BYTES 4

enum pf_cipher { PF_CIPHER_AES128_GCM = 0, PF_CIPHER_CHACHA20_POLY1305 = 1 }; /* as Welcome numbers them */
enum pf_direction { PF_HOST_TO_CLIENT = 0, PF_CLIENT_TO_HOST = 1 };

struct pf_seal;

/*
 * key: 16 bytes for AES-128-GCM, 32 for ChaCha20-Poly1305. salt: as in Welcome; the direction bit is
 * applied here. Errors: PF_ERR_INVALID (unknown cipher, all-zero key), PF_ERR_NOMEM, PF_ERR_UNSUPPORTED.
 */
int pf_seal_create(struct pf_seal **out, enum pf_cipher cipher, const uint8_t *key,
	const uint8_t salt[PF_SEAL_SALT_BYTES], enum pf_direction direction);
/* Wipes the key. */
void pf_seal_destroy(struct pf_seal *s);

/* In place: datagram holds 8 bytes of room, `len` plaintext bytes, 16 bytes of room. Writes sequence,
 * ciphertext and tag. */
void pf_seal_datagram(struct pf_seal *s, uint64_t seq, uint8_t *datagram, size_t len);

/* The same for `count` datagrams of one size, numbered from seq on in the order of the array. */
void pf_seal_batch(struct pf_seal *s, uint64_t seq, uint8_t *const *datagram, unsigned count, size_t len);

/* As pf_seal_datagram(), but the `len` plaintext bytes are taken from `plain`, outside the datagram. Costs what it
 * costs in place, and so spares the copy into the datagram. */
void pf_seal_into(struct pf_seal *s, uint64_t seq, const uint8_t *plain, uint8_t *datagram, size_t len);

/*
 * A video packet of GameStream (gamestream 6.10): IV, frame index and tag stand before it. In place: datagram holds 32
 * bytes of room and `len` plaintext bytes. The counter takes the place of the salt: a key is used for one stream.
 */
#define PF_SEAL_GAMESTREAM_HEAD 32
void pf_seal_gamestream(struct pf_seal *s, uint64_t counter, uint32_t frame, uint8_t *datagram, size_t len);

/*
 * In place: on success the plaintext stands at datagram + 8, *len_out bytes long, and *seq_out is set. On
 * failure the datagram's content is undefined.
 * Errors: PF_ERR_TRUNCATED (shorter than 24 bytes), PF_ERR_AUTH.
 */
int pf_seal_open(
	struct pf_seal *s, uint8_t *datagram, size_t datagram_len, uint64_t *seq_out, size_t *len_out);

/* As pf_seal_open(), but the plaintext goes to `plain`, which is datagram + 8 or has room for datagram_len - 24 bytes
 * outside the datagram. On failure the content of `plain` is undefined. */
int pf_seal_open_into(struct pf_seal *s, const uint8_t *datagram, size_t datagram_len, uint8_t *plain,
	uint64_t *seq_out, size_t *len_out);
