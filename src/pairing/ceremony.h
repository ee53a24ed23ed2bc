/*
 * The pairing ceremony (native-control 6.2, 6.3): SPAKE2 over the PIN, bound to both certificates, then a proof of
 * the key from each end. When it is taken, and what follows from it, is the caller's: session/ for a host, probe/
 * for a client. Fingerprints are those that each end really saw in this connection. One thread per object.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "pairing/spake2.h"
#include "proto/native/pairing.h"

#define PF_PIN_DIGITS 4

/* Both ends as the certificates say. */
struct pf_pairing_ends {
	uint8_t client[32];
	uint8_t host[32];
};

/* The two proofs of the key. */
struct pf_pairing_proofs {
	uint8_t host[PF_PAIR_CONFIRM_BYTES];
	uint8_t client[PF_PAIR_CONFIRM_BYTES];
};
/* Errors: PF_ERR_NOMEM. */
int pf_pairing_prove(struct pf_pairing_proofs *out, const uint8_t key[PF_SPAKE2_KEY_BYTES],
	const struct pf_pairing_ends *ends);

/* --- host --- */

/*
 * Answers a PairRequest: fills the challenge, and the proof that the client owes. From then on the PIN is spent.
 * Errors: PF_ERR_INVALID (the client's message is malformed: close 0x68, the PIN is not spent), PF_ERR_NOMEM.
 */
int pf_pairing_answer(struct pf_pair_message *challenge, uint8_t owed[PF_PAIR_CONFIRM_BYTES],
	struct pf_slice pin, const struct pf_pairing_ends *ends, struct pf_slice request_spake);
/* Constant time. */
bool pf_pairing_proof_is(const uint8_t owed[PF_PAIR_CONFIRM_BYTES], const uint8_t got[PF_PAIR_CONFIRM_BYTES]);

/* --- client --- */

struct pf_pairing_client {
	struct pf_spake2 spake;
	struct pf_pairing_ends ends;
};

/* spake.message is then what PairRequest carries. Errors: PF_ERR_NOMEM. */
int pf_pairing_client_start(
	struct pf_pairing_client *c, struct pf_slice pin, const struct pf_pairing_ends *ends);
/* Checks the host's proof and fills ours. Wipes c. Errors: PF_ERR_AUTH (a wrong PIN, or somebody in the middle: send
 * no proof), PF_ERR_INVALID (malformed), PF_ERR_NOMEM. */
int pf_pairing_client_prove(
	struct pf_pairing_client *c, const struct pf_pair_message *challenge, struct pf_pair_message *proof);
