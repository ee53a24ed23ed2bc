#include <gnutls/crypto.h>

#include "identity/identity.h"

int pf_fingerprint_of(struct pf_fingerprint *out, const void *der, size_t len)
{
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, der, len, out->bytes) < 0)
		return PF_ERR_UNSUPPORTED;
	return PF_OK;
}

bool pf_fingerprint_equal(const struct pf_fingerprint *a, const struct pf_fingerprint *b)
{
	return gnutls_memcmp(a->bytes, b->bytes, PF_FINGERPRINT_BYTES) == 0;
}
