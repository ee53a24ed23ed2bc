/* Sealing of one full datagram per library, against a copy of the same bytes and against the bare call of the
 * fastest library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "media/batch.h"
#include "seal/backend.h"

#ifdef PF_HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#define PLAIN (PF_PACKET_HEADER_BYTES + PF_SHARD_DEFAULT_IPV4)
#define SLOTS 64 /* of a batch: as far from the cache as in use */

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t salt[4] = {4, 5, 6, 7};
static uint8_t slot[SLOTS][PLAIN + PF_SEAL_OVERHEAD];

static void run_copy(void *user, unsigned iterations)
{
	static uint8_t to[SLOTS][PLAIN];
	for (unsigned i = 0; i < iterations; i++) {
		memcpy(to[i % SLOTS], slot[i % SLOTS], PLAIN);
		__asm__ volatile("" ::: "memory");
	}
}

static void run_seal(void *user, unsigned iterations)
{
	struct pf_seal *s = user;
	for (unsigned i = 0; i < iterations; i++)
		pf_seal_datagram(s, i, slot[i % SLOTS], PLAIN);
}

static void run_open(void *user, unsigned iterations)
{
	struct pf_seal *s = user;
	uint8_t work[PLAIN + PF_SEAL_OVERHEAD];
	uint64_t seq;
	size_t len;
	pf_seal_datagram(s, 1, slot[0], PLAIN);
	for (unsigned i = 0; i < iterations; i++) {
		memcpy(work, slot[0], sizeof(work));
		if (pf_seal_open(s, work, sizeof(work), &seq, &len) < 0)
			abort();
	}
}

#ifdef PF_HAVE_IPSEC_MB
static void run_bare(void *user, unsigned iterations)
{
	static struct gcm_key_data expanded;
	static struct gcm_context_data context;
	static const uint8_t nonce[12];
	IMB_MGR *mgr = user;
	IMB_AES128_GCM_PRE(mgr, key, &expanded);
	for (unsigned i = 0; i < iterations; i++) {
		uint8_t *text = slot[i % SLOTS] + PF_SEAL_SEQ_BYTES;
		IMB_AES128_GCM_ENC(
			mgr, &expanded, &context, text, text, PLAIN, nonce, nonce, 8, text + PLAIN, 16);
	}
}
#endif

void bench_seal(void)
{
	struct pf_bench_case c[16] = {
		{.name = "memcpy of the packet", .run = run_copy, .bytes = PLAIN, .packets = 1}};
	char name[16][48];
	struct pf_seal *seal[16];
	size_t n = 1, seals = 0;
#ifdef PF_HAVE_IPSEC_MB
	IMB_MGR *mgr = alloc_mb_mgr(0);
	if (!mgr)
		abort();
	init_mb_mgr_auto(mgr, NULL);
	c[n++] = (struct pf_bench_case){"bare ipsec-mb AES-128-GCM", run_bare, mgr, PLAIN, 1};
#endif
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		const struct pf_seal_backend *backend = pf_seal_backends[b];
		const char *cipher = backend->cipher == PF_CIPHER_AES128_GCM ? "AES-128-GCM" : "ChaCha20";
		if (pf_seal_create_with(&seal[seals], backend, key, salt, PF_HOST_TO_CLIENT) < 0)
			continue;
		snprintf(name[n], sizeof(name[n]), "seal %s, %s", cipher, backend->name);
		c[n] = (struct pf_bench_case){name[n], run_seal, seal[seals], PLAIN, 1};
		n++;
		snprintf(name[n], sizeof(name[n]), "open (and copy) %s, %s", cipher, backend->name);
		c[n] = (struct pf_bench_case){name[n], run_open, seal[seals], PLAIN, 1};
		n++;
		seals++;
	}
	pf_bench_group("Sealing of a 1408-byte shard with its header", c, n);
	for (size_t i = 0; i < seals; i++)
		pf_seal_destroy(seal[i]);
#ifdef PF_HAVE_IPSEC_MB
	free_mb_mgr(mgr);
#endif
}
