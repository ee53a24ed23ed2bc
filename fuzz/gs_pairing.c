/* A certificate of GameStream's pairing, PEM, and a proof behind it: no proof convinces without the client's key. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gamestream/pairing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t salt[PF_GS_SALT_BYTES];
	const uint8_t *zero = memchr(data, 0, size);
	size_t pem_len = zero ? (size_t)(zero - data) : size, rest = size - pem_len;
	struct pf_gs_certificate c;
	struct pf_gs_ceremony ceremony = {.client_hash = {1}};
	uint8_t response[PF_GS_RESPONSE_BYTES], challenge[PF_GS_CHALLENGE_BYTES] = {0};
	if (pf_gs_certificate_read(&c, (const char *)data, pem_len) < 0)
		return 0;
	if (c.der_len == 0 || c.signature_len == 0 || c.signature_len > PF_GS_SIGNATURE_MAX)
		abort();
	pf_gs_ceremony_key(&ceremony, salt, "1234");
	pf_gs_ceremony_challenge(&ceremony, c.signature, c.signature_len, challenge, response);
	if (zero && pf_gs_ceremony_verify(&ceremony, &c, zero + 1, rest - 1))
		abort();
	pf_gs_certificate_finish(&c);
	return 0;
}
