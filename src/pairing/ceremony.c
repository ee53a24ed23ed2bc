#include "pairing/ceremony.h"

#include <gnutls/crypto.h>
#include <sodium.h>
#include <string.h>

static const char host_label[] = "punktfunk-pair-host", client_label[] = "punktfunk-pair-client";

static int prove(uint8_t out[PF_PAIR_CONFIRM_BYTES], const uint8_t key[PF_SPAKE2_KEY_BYTES],
	const char *label, const struct pf_pairing_ends *ends)
{
	uint8_t text[sizeof(client_label) - 1 + sizeof(ends->client) + sizeof(ends->host)];
	size_t len = strlen(label);
	memcpy(text, label, len);
	memcpy(text + len, ends->client, sizeof(ends->client));
	len += sizeof(ends->client);
	memcpy(text + len, ends->host, sizeof(ends->host));
	len += sizeof(ends->host);
	int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, PF_SPAKE2_KEY_BYTES, text, len, out);
	return rc < 0 ? PF_ERR_NOMEM : PF_OK;
}

int pf_pairing_prove(struct pf_pairing_proofs *out, const uint8_t key[PF_SPAKE2_KEY_BYTES],
	const struct pf_pairing_ends *ends)
{
	int rc = prove(out->host, key, host_label, ends);
	return rc < 0 ? rc : prove(out->client, key, client_label, ends);
}

/* Finishes the exchange and makes both proofs of its key. */
static int finish(struct pf_pairing_proofs *out, struct pf_spake2 *spake, struct pf_slice peer,
	const struct pf_pairing_ends *ends)
{
	uint8_t key[PF_SPAKE2_KEY_BYTES];
	int rc = pf_spake2_finish(spake, peer, (struct pf_slice){ends->client, sizeof(ends->client)},
		(struct pf_slice){ends->host, sizeof(ends->host)}, key);
	if (rc == PF_OK)
		rc = pf_pairing_prove(out, key, ends);
	sodium_memzero(key, sizeof(key));
	return rc;
}

int pf_pairing_answer(struct pf_pair_message *challenge, uint8_t owed[PF_PAIR_CONFIRM_BYTES],
	struct pf_slice pin, const struct pf_pairing_ends *ends, struct pf_slice request_spake)
{
	struct pf_spake2 spake;
	int rc = pf_spake2_start(&spake, PF_SPAKE2_B, pin, NULL);
	if (rc < 0)
		return rc;
	*challenge = (struct pf_pair_message){.type = PF_PAIR_CHALLENGE};
	memcpy(challenge->challenge.spake, spake.message, sizeof(spake.message));
	struct pf_pairing_proofs proofs;
	rc = finish(&proofs, &spake, request_spake, ends);
	if (rc == PF_OK) {
		memcpy(challenge->challenge.confirm, proofs.host, sizeof(proofs.host));
		memcpy(owed, proofs.client, sizeof(proofs.client));
	}
	sodium_memzero(&proofs, sizeof(proofs));
	return rc;
}

bool pf_pairing_proof_is(const uint8_t owed[PF_PAIR_CONFIRM_BYTES], const uint8_t got[PF_PAIR_CONFIRM_BYTES])
{
	return sodium_memcmp(owed, got, PF_PAIR_CONFIRM_BYTES) == 0;
}

int pf_pairing_client_start(
	struct pf_pairing_client *c, struct pf_slice pin, const struct pf_pairing_ends *ends)
{
	c->ends = *ends;
	return pf_spake2_start(&c->spake, PF_SPAKE2_A, pin, NULL);
}

int pf_pairing_client_prove(
	struct pf_pairing_client *c, const struct pf_pair_message *challenge, struct pf_pair_message *proof)
{
	struct pf_pairing_proofs proofs;
	const struct pf_slice peer = {challenge->challenge.spake, sizeof(challenge->challenge.spake)};
	int rc = finish(&proofs, &c->spake, peer, &c->ends);
	if (rc == PF_OK && !pf_pairing_proof_is(proofs.host, challenge->challenge.confirm))
		rc = PF_ERR_AUTH;
	if (rc == PF_OK) {
		*proof = (struct pf_pair_message){.type = PF_PAIR_PROOF};
		memcpy(proof->proof.confirm, proofs.client, sizeof(proofs.client));
	}
	sodium_memzero(&proofs, sizeof(proofs));
	return rc;
}
