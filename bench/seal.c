/* Sealing and opening of one full datagram per library, against a copy of the same bytes, the bare call of the
 * fastest library, and OpenSSL. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "media/batch.h"
#include "openssl_seal.h"
#include "report.h"
#include "seal/backend.h"

#ifdef PF_HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#define PLAIN      (PF_PACKET_HEADER_BYTES + PF_SHARD_DEFAULT_IPV4)
#define DATAGRAM   (PLAIN + PF_SEAL_OVERHEAD)
#define SLOTS      PF_BATCH_MAX /* as far from the cache as in use */
#define OPEN_SLOTS 512
#define CASES_MAX  24

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t salt[4] = {4, 5, 6, 7};
static uint8_t slot[SLOTS][DATAGRAM];
static uint8_t sealed[OPEN_SLOTS][DATAGRAM];

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

static void run_batch(void *user, unsigned iterations)
{
	uint8_t *datagram[SLOTS];
	for (unsigned i = 0; i < SLOTS; i++)
		datagram[i] = slot[i];
	for (unsigned i = 0; i < iterations; i++)
		pf_seal_batch(user, (uint64_t)i * SLOTS, datagram, SLOTS, PLAIN);
}

static void prepare_open(void *user, unsigned iterations)
{
	for (unsigned i = 0; i < iterations; i++)
		pf_seal_datagram(user, i, sealed[i], PLAIN);
}

static void run_open(void *user, unsigned iterations)
{
	uint64_t seq;
	size_t len;
	for (unsigned i = 0; i < iterations; i++) {
		if (pf_seal_open(user, sealed[i], DATAGRAM, &seq, &len) < 0)
			abort();
	}
}

struct sheet {
	struct pf_bench_case cases[CASES_MAX];
	char kernel[CASES_MAX][48];
	size_t count;
};

static struct pf_bench_case *add_case(struct sheet *s, const char *name, const char *kernel,
	void (*run)(void *user, unsigned iterations), void *user, unsigned packets)
{
	if (s->count == CASES_MAX)
		abort();
	snprintf(s->kernel[s->count], sizeof(s->kernel[0]), "%s", kernel);
	struct pf_bench_case *c = &s->cases[s->count];
	*c = (struct pf_bench_case){name, run, user, (double)packets * PLAIN, packets, s->kernel[s->count]};
	s->count++;
	return c;
}

static void add_backend(struct sheet *s, const struct pf_seal_backend *backend, struct pf_seal *seal)
{
	bool aes = backend->cipher == PF_CIPHER_AES128_GCM;
	const char *name = aes ? "seal AES-128-GCM" : "seal ChaCha20-Poly1305";
	char batch[48];
	snprintf(batch, sizeof(batch), "%s, %d at once", backend->name, SLOTS);
	add_case(s, name, backend->name, run_seal, seal, 1);
	add_case(s, name, batch, run_batch, seal, SLOTS);
	struct pf_bench_case *c = add_case(
		s, aes ? "open AES-128-GCM" : "open ChaCha20-Poly1305", backend->name, run_open, seal, 1);
	c->prepare = prepare_open;
	c->prepare_max = OPEN_SLOTS;
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

#ifdef PF_HAVE_OPENSSL
static void run_openssl(void *user, unsigned iterations)
{
	for (unsigned i = 0; i < iterations; i++)
		pf_openssl_seal_datagram(user, i, slot[i % SLOTS], PLAIN);
}

/* A peer that does less or something else would be no peer. */
static void compare_bytes(struct pf_openssl_seal *peer)
{
	struct pf_seal *seal;
	if (pf_seal_create(&seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT) < 0)
		abort();
	memcpy(sealed[0], slot[0], DATAGRAM);
	memcpy(sealed[1], slot[0], DATAGRAM);
	pf_seal_datagram(seal, 7, sealed[0], PLAIN);
	pf_openssl_seal_datagram(peer, 7, sealed[1], PLAIN);
	if (memcmp(sealed[0], sealed[1], DATAGRAM) != 0)
		abort();
	pf_seal_destroy(seal);
}
#endif

void bench_seal(void)
{
	static struct sheet s;
	struct pf_seal *seal[8];
	size_t seals = 0;
	s.cases[s.count++] = (struct pf_bench_case){
		"memcpy of the packet", run_copy, NULL, PLAIN, 1, NULL, PF_BENCH_MEMCPY};
	for (size_t b = 0; pf_seal_backends[b]; b++) {
		if (pf_seal_create_with(&seal[seals], pf_seal_backends[b], key, salt, PF_HOST_TO_CLIENT) == 0)
			add_backend(&s, pf_seal_backends[b], seal[seals++]);
	}
#ifdef PF_HAVE_IPSEC_MB
	IMB_MGR *mgr = alloc_mb_mgr(0);
	if (!mgr)
		abort();
	init_mb_mgr_auto(mgr, NULL);
	add_case(&s, "seal AES-128-GCM", "ipsec-mb, bare call", run_bare, mgr, 1);
#endif
#ifdef PF_HAVE_OPENSSL
	struct pf_openssl_seal *openssl = pf_openssl_seal_create(key, salt);
	compare_bytes(openssl);
	add_case(&s, "seal AES-128-GCM", "OpenSSL EVP", run_openssl, openssl, 1)->reference = PF_BENCH_PEER;
#endif
	pf_bench_group("Sealing of a 1408-byte shard with its header", s.cases, s.count);
	for (size_t i = 0; i < seals; i++)
		pf_seal_destroy(seal[i]);
#ifdef PF_HAVE_OPENSSL
	pf_openssl_seal_destroy(openssl);
#else
	pf_report_note("no OpenSSL here: no peer");
#endif
#ifdef PF_HAVE_IPSEC_MB
	free_mb_mgr(mgr);
#endif
}
