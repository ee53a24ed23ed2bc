/* Shards in memory of exactly their size, so that a sanitizer sees one byte too far. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shards {
	unsigned count;
	size_t bytes; /* of each */
	uint8_t **row;
	uint8_t *memory[2]; /* private */
};

/* With `apart`, each shard is an allocation of its own and at an odd place; else they are consecutive. */
struct shards shards_new(unsigned count, size_t bytes, bool apart);
void shards_free(struct shards *s);
/* Consecutive bytes of `packed` in, or out to fresh memory; free() it. */
void shards_fill(struct shards *s, const uint8_t *packed);
uint8_t *shards_pack(const struct shards *s);
void shards_random(struct shards *s, uint64_t *random);
/* Fails the running test when they differ. */
void assert_shards_equal(const struct shards *a, const struct shards *b);

/* flags[0..count): `set` of them true, at random. */
void random_flags(uint64_t *random, bool *flags, unsigned count, unsigned set);
