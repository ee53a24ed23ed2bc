/*
 * SPAKE2 over edwards25519 (native-control 6.3): two ends that share a short secret agree on a strong key; who
 * guesses wrong learns nothing but that. It is not RFC 9382: names, M, N and the transcript differ. Pure but
 * for the random scalar; one thread per object.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define PF_SPAKE2_MESSAGE_BYTES 33 /* role byte and point */
#define PF_SPAKE2_KEY_BYTES     32
#define PF_SPAKE2_SCALAR_BYTES  32

enum pf_spake2_role { PF_SPAKE2_A = 0x41 /* client */, PF_SPAKE2_B = 0x42 /* host */ };

/* Secret but for message. Wiped by finish and by pf_spake2_wipe. */
struct pf_spake2 {
	enum pf_spake2_role role;
	uint8_t scalar[PF_SPAKE2_SCALAR_BYTES];          /* x or y */
	uint8_t password_scalar[PF_SPAKE2_SCALAR_BYTES]; /* w */
	uint8_t password_hash[32];
	uint8_t message[PF_SPAKE2_MESSAGE_BYTES]; /* for the other end */
};

/* scalar: x or y below the group's order, little endian; NULL takes a random one (all but tests do).
 * Errors: PF_ERR_INVALID (a scalar of zero), PF_ERR_NOMEM. */
int pf_spake2_start(struct pf_spake2 *s, enum pf_spake2_role role, struct pf_slice password,
	const uint8_t scalar[PF_SPAKE2_SCALAR_BYTES]);

/*
 * The key both ends have, when the password and both names are the same. Wipes s, whatever happens.
 * Errors: PF_ERR_INVALID, when peer is not a message of the other role: a wrong length or role, not a point of
 * the prime-order group, or one that would make the key known to anybody.
 */
int pf_spake2_finish(struct pf_spake2 *s, struct pf_slice peer, struct pf_slice id_a, struct pf_slice id_b,
	uint8_t key[PF_SPAKE2_KEY_BYTES]);
void pf_spake2_wipe(struct pf_spake2 *s);
