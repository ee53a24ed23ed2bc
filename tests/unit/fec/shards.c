#include "shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

#define ODD(i) ((i) % 31 + 1)

struct shards shards_new(unsigned count, size_t bytes, bool apart)
{
	struct shards s = {.count = count, .bytes = bytes, .row = calloc(count, sizeof(uint8_t *))};
	assert_non_null(s.row);
	if (!apart) {
		s.memory[0] = malloc(count * bytes);
		assert_non_null(s.memory[0]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (apart) {
			uint8_t *p = malloc(bytes + ODD(i));
			assert_non_null(p);
			s.row[i] = p + ODD(i);
		} else {
			s.row[i] = s.memory[0] + i * bytes;
		}
	}
	return s;
}

void shards_free(struct shards *s)
{
	for (unsigned i = 0; !s->memory[0] && i < s->count; i++)
		free(s->row[i] - ODD(i));
	free(s->memory[0]);
	free(s->row);
	*s = (struct shards){0};
}

void shards_fill(struct shards *s, const uint8_t *packed)
{
	for (unsigned i = 0; i < s->count; i++)
		memcpy(s->row[i], packed + i * s->bytes, s->bytes);
}

uint8_t *shards_pack(const struct shards *s)
{
	uint8_t *packed = malloc(s->count * s->bytes);
	assert_non_null(packed);
	for (unsigned i = 0; i < s->count; i++)
		memcpy(packed + i * s->bytes, s->row[i], s->bytes);
	return packed;
}

void shards_random(struct shards *s, uint64_t *random)
{
	for (unsigned i = 0; i < s->count; i++)
		random_fill(random, s->row[i], s->bytes);
}

void assert_shards_equal(const struct shards *a, const struct shards *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->bytes, b->bytes);
	for (unsigned i = 0; i < a->count; i++) {
		if (memcmp(a->row[i], b->row[i], a->bytes) != 0)
			fail_msg("shard %u of %u (%zu bytes) differs", i, a->count, a->bytes);
	}
}

void random_flags(uint64_t *random, bool *flags, unsigned count, unsigned set)
{
	memset(flags, 0, count * sizeof(*flags));
	/* Choosing k of n in one pass: each with the probability of what is still to be chosen. */
	for (unsigned i = 0; i < count; i++) {
		if (random_next(random) % (count - i) < set) {
			flags[i] = true;
			set--;
		}
	}
}
