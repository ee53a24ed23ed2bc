/*
 * The erasure codes without anything but libc, so that they run on another architecture: every tier of this build that
 * this CPU runs, against plain C, over random shapes, sizes and losses. What plain C made has a digest, which is the
 * same on every machine. A test of every build, and scripts/check-arm64 runs it in an emulator.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fec/fec16.h"
#include "fec/fec8.h"
#include "fec/tier.h"

#define SEED 0x9e3779b97f4a7c15u
#define DIGEST \
	0x47a23c625a7d63e9u /* changes with the shapes below, else never: clients rely on these bytes */
#define TIERS_MAX 16
#define GUARD     0xa5
#define SPARE     66 /* bytes between two shards */

enum code { GF16, GF8_CAUCHY, GF8_AUDIO, CODES };
static const char *const code_names[CODES] = {"GF(2^16)", "GF(2^8)", "GF(2^8) of sound"};
static const unsigned rounds[CODES] = {800, 800, 200};

struct tier {
	const char *name;
	struct pf_fec16 *fec16;
	struct pf_fec8 *fec8[CODES]; /* by code; none for GF16 */
};

/* The tiers that run here; plain C, which is in every build, is the last. */
static struct tier tiers[TIERS_MAX];
static unsigned tier_count;

static uint64_t state = SEED;
static uint64_t digest = 0xcbf29ce484222325u;

struct shape {
	enum code code;
	unsigned round, k, m;
	size_t bytes;
};

/* Shards at any address, with bytes around them that must stay as they are. */
struct shards {
	unsigned count;
	size_t bytes, memory_bytes;
	uint8_t *memory;
	uint8_t **row;
};

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

static uint32_t random_below(uint32_t limit)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 32) * limit >> 32);
}

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void *memory(size_t count, size_t bytes)
{
	void *p = calloc(count, bytes);
	if (!p)
		die("no memory");
	return p;
}

/* ---- shards ---- */

static struct shards shards_new(unsigned count, size_t bytes)
{
	struct shards s = {.count = count, .bytes = bytes, .memory_bytes = count * (bytes + SPARE) + SPARE};
	s.memory = memory(1, s.memory_bytes);
	s.row = memory(count, sizeof(*s.row));
	memset(s.memory, GUARD, s.memory_bytes);
	for (unsigned i = 0; i < count; i++)
		s.row[i] = s.memory + i * (bytes + SPARE) + 1 + random_below(SPARE - 1);
	return s;
}

static void shards_free(struct shards *s)
{
	free(s->memory);
	free(s->row);
}

static void shards_random(struct shards *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		for (size_t at = 0; at < s->bytes; at++)
			s->row[i][at] = (uint8_t)random_below(256);
	}
}

static bool guards_hold(const struct shards *s)
{
	const uint8_t *at = s->memory;
	for (unsigned i = 0; i <= s->count; i++) {
		const uint8_t *end = i < s->count ? s->row[i] : s->memory + s->memory_bytes;
		while (at < end) {
			if (*at++ != GUARD)
				return false;
		}
		at += s->bytes;
	}
	return true;
}

static void expect_same(const struct shards *got, const struct shards *want, const struct tier *t,
	const struct shape *s, const char *what)
{
	for (unsigned i = 0; i < got->count; i++) {
		if (memcmp(got->row[i], want->row[i], got->bytes) != 0)
			die("tier %s, %s, round %u: %s shard %u of %u + %u with %zu bytes is wrong", t->name,
				code_names[s->code], s->round, what, i, s->k, s->m, s->bytes);
	}
	if (!guards_hold(got))
		die("tier %s, %s, round %u: bytes beside the %s shards of %u + %u with %zu bytes were "
		    "written",
			t->name, code_names[s->code], s->round, what, s->k, s->m, s->bytes);
}

static void add_to_digest(const struct shards *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		for (size_t at = 0; at < s->bytes; at++)
			digest = (digest ^ s->row[i][at]) * 0x100000001b3u;
	}
}

/* ---- the codes ---- */

static void encode(
	const struct tier *t, const struct shape *s, const struct shards *data, const struct shards *parity)
{
	const uint8_t *const *in = (const uint8_t *const *)data->row;
	int rc = s->code == GF16 ? pf_fec16_encode(t->fec16, in, s->k, parity->row, s->m, s->bytes)
				 : pf_fec8_encode(t->fec8[s->code], in, s->k, parity->row, s->m, s->bytes);
	if (rc != PF_OK)
		die("tier %s: encoding %u + %u with %zu bytes failed: %d", t->name, s->k, s->m, s->bytes, rc);
}

static void repair(const struct tier *t, const struct shape *s, const struct shards *data, const bool *have,
	const uint8_t *const *parity)
{
	int rc = s->code == GF16
			 ? pf_fec16_repair(t->fec16, data->row, have, s->k, parity, s->m, s->bytes)
			 : pf_fec8_repair(t->fec8[s->code], data->row, have, s->k, parity, s->m, s->bytes);
	if (rc != PF_OK)
		die("tier %s: repairing %u + %u with %zu bytes failed: %d", t->name, s->k, s->m, s->bytes,
			rc);
}

/* `chosen` of `count` flags are set at random. */
static void choose(bool *flag, unsigned count, unsigned chosen)
{
	for (unsigned i = 0; i < count; i++) {
		flag[i] = random_below(count - i) < chosen;
		chosen -= flag[i];
	}
}

static void lose_and_repair(
	const struct tier *t, const struct shape *s, const struct shards *data, const struct shards *parity)
{
	unsigned lost = 1 + random_below(smaller(s->k, s->m));
	bool *have = memory(s->k, sizeof(*have)), *came = memory(s->m, sizeof(*came));
	const uint8_t **arrived = memory(s->m, sizeof(*arrived));
	struct shards copy = shards_new(s->k, s->bytes);
	choose(have, s->k, s->k - lost);
	choose(came, s->m, lost);
	for (unsigned i = 0; i < s->k; i++) {
		if (have[i])
			memcpy(copy.row[i], data->row[i], s->bytes);
	}
	for (unsigned j = 0; j < s->m; j++)
		arrived[j] = came[j] ? parity->row[j] : NULL;
	repair(t, s, &copy, have, arrived);
	expect_same(&copy, data, t, s, "repaired");
	shards_free(&copy);
	free(arrived);
	free(came);
	free(have);
}

/* ---- shapes ---- */

/* Mostly small blocks, some as large as those of pictures; sizes around all borders of vectors and blocks. */
static struct shape random_shape(enum code code, unsigned round)
{
	struct shape s = {.code = code, .round = round};
	bool large = round % 8 == 0;
	s.k = 1 + random_below(large ? 220 : 40);
	s.m = 1 + random_below(large && code == GF16 ? 120 : 30);
	s.bytes = 1 + random_below(round % 4 == 0 ? 1500 : 300);
	if (code == GF16)
		s.bytes += s.bytes % 2;
	if (code == GF8_AUDIO) {
		s.k = 4;
		s.m = 2;
	}
	return s;
}

static void run_round(const struct shape *s)
{
	const struct tier *plain = &tiers[tier_count - 1];
	struct shards data = shards_new(s->k, s->bytes), parity = shards_new(s->m, s->bytes);
	shards_random(&data);
	encode(plain, s, &data, &parity);
	add_to_digest(&parity);
	uint64_t before = state;
	for (unsigned i = 0; i < tier_count; i++) {
		struct shards other = shards_new(s->m, s->bytes);
		encode(&tiers[i], s, &data, &other);
		expect_same(&other, &parity, &tiers[i], s, "parity");
		lose_and_repair(&tiers[i], s, &data, &parity);
		shards_free(&other);
		state = before; /* the same losses for all, and the same next round whatever the tiers */
	}
	shards_free(&parity);
	shards_free(&data);
}

static void open_tiers(void)
{
	const char *name;
	for (unsigned i = 0; (name = pf_fec_tier_name(i)); i++) {
		bool runs = pf_fec_tier_find(name) != NULL;
		printf("tier %s: %s\n", name, runs ? "runs" : "not on this CPU");
		if (!runs)
			continue;
		if (tier_count == TIERS_MAX)
			die("more than %d tiers", TIERS_MAX);
		struct tier *t = &tiers[tier_count++];
		t->name = name;
		if (pf_fec16_create(&t->fec16, name) ||
			pf_fec8_create(&t->fec8[GF8_CAUCHY], PF_FEC8_CAUCHY, name) ||
			pf_fec8_create(&t->fec8[GF8_AUDIO], PF_FEC8_AUDIO, name))
			die("tier %s cannot be made", name);
	}
	if (tier_count == 0 || strcmp(tiers[tier_count - 1].name, "c") != 0)
		die("plain C is not the last tier");
}

static void close_tiers(void)
{
	for (unsigned i = 0; i < tier_count; i++) {
		pf_fec16_destroy(tiers[i].fec16);
		for (unsigned c = GF8_CAUCHY; c < CODES; c++)
			pf_fec8_destroy(tiers[i].fec8[c]);
	}
}

int main(void)
{
	open_tiers();
	for (enum code code = GF16; code < CODES; code++) {
		for (unsigned round = 0; round < rounds[code]; round++) {
			const struct shape s = random_shape(code, round);
			run_round(&s);
		}
	}
	close_tiers();
	if (digest != DIGEST)
		die("the parity of plain C has the digest %016llx", (unsigned long long)digest);
	return 0;
}
