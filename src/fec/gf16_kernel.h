/*
 * What of the GF(2^16) code depends on the CPU. Rows are stretches of shards: a multiple of 64 bytes, where
 * each 64 bytes hold the 32 low, then the 32 high bytes of 32 elements (native-media 4.1.2); any alignment.
 *
 * A tier brings its own form of "the table that multiplies by t", made from the images of the basis words.
 * Adding one: a file with a filled struct, a row in tier.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PF_GF16_TABLE_MAX 256 /* largest table_bytes of any tier */

/*
 * One layer of a transform (4.1.3): group g works on rows [2 * dist * g, 2 * dist * (g + 1)), pairing each
 * row of its first half with the one dist later. Source and destination may be the same rows. Group g
 * multiplies by the table first + g; the table 0 is the zero word, where only the xor is left.
 */
struct pf_gf16_layer {
	uint8_t *const *dst;
	const uint8_t *const *src;
	size_t bytes;
	unsigned dist;
	unsigned begin, end; /* groups */
	const uint8_t *tables;
	size_t first;
};

struct pf_gf16_kernel {
	const char *name;
	size_t table_bytes; /* multiple of 16, at most PF_GF16_TABLE_MAX; tables are aligned to 16 */
	void (*make_table)(uint8_t *table, const uint16_t image[16]);

	void (*ifft)(const struct pf_gf16_layer *layer);
	/* As ifft, but the results are added to dst, which is not the source. */
	void (*ifft_add)(const struct pf_gf16_layer *layer);
	void (*fft)(const struct pf_gf16_layer *layer);

	void (*mul)(uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table); /* dst = t src */
	void (*mul_add)(
		uint8_t *dst, const uint8_t *src, size_t bytes, const uint8_t *table); /* dst += t src */
	void (*add)(uint8_t *dst, const uint8_t *src, size_t bytes);                   /* dst += src */
};

extern const struct pf_gf16_kernel pf_gf16_kernel_c;
extern const struct pf_gf16_kernel pf_gf16_kernel_avx2; /* x86-64 only */
