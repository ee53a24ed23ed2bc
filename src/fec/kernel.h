/*
 * What of the erasure codes depends on the CPU. Everything is linear over GF(2^8): GF(2^16) is seen as a tower of it
 * (gf16.h), so one form of "the table that multiplies bytes by t" serves both codes, and 256 of them are all there is.
 *
 * A kernel works on one column at a time, as many bytes of each row as two of its registers hold; the columns of a
 * block never mix. Rows of GF(2^16) are stretches of shards as they are on the wire: each 64 bytes hold the 32 low, then the
 * 32 high bytes of 32 elements (native-media 4.1.2). Between the layers of a transform columns are kept in a form of the kernel's own.
 *
 * Adding an instruction set: a file that defines the operations on its registers and includes kernel_body.h, and a row
 * in tier.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_FEC_COLUMN_MAX 128 /* largest column_bytes of any kernel */

/* Table 256 is not of a product but of the map from the high byte of a word to its part in the tower's low byte. */
#define PF_FEC_TABLES 257

/* The tables of one field under one kernel. */
struct pf_fec_tables {
	uint8_t *at; /* PF_FEC_TABLES of kernel->table_bytes, one after the other, aligned to 64 */
	/* Of GF(2^16) only, by the high byte of a word (gf16.h). */
	const uint8_t *fold, *norm;
};

/* out[r] = sum over c of coefficient[r * stride + c] * in[c]. Any alignment; out does not overlap in. */
struct pf_fec_product {
	const struct pf_fec_tables *tables;
	uint8_t *const *out;
	const uint8_t *const *in;
	unsigned rows, columns; /* at least one of each */
	size_t stride;
	size_t bytes; /* of each row of out and in, at least 1 */

	/* Rows and coefficients are of GF(2^8), */
	const uint8_t *bytes_of;
	/* or, when that is NULL, of GF(2^16), and bytes is a multiple of 64: */
	const uint16_t *words_of;
	unsigned narrow;       /* so many columns, the first, have coefficients below 256 */
	const uint16_t *scale; /* words that the sums are multiplied by, one per row; NULL: none */
};

/*
 * One column of one chunk of 2^level rows on its way through a transform (4.1.3). ifft() takes it from `in` to `sum`, fft()
 * from `sum`, which stays, to `out`. work and sum have 2^level columns each, of any alignment; 64 is fastest.
 */
struct pf_fec_chunk {
	const struct pf_fec_tables *tables;
	unsigned level;
	uint32_t base; /* position of the first row: a multiple of 2^level */
	uint8_t *work, *sum;
	size_t at;   /* where the column begins in each row */
	size_t left; /* bytes of each row from there on */

	/* Of GF(2^8) only, else NULL: the coefficient of layer d at position p is skew[d][p] (fec8_transform.h), and
	 * inputs are multiplied by `scale`. Of GF(2^16) it is p >> d, a word. */
	const uint8_t (*skew)[256];
	uint8_t scale;

	const uint8_t *const *in; /* 2^level rows */
	size_t used;              /* at least 1: rows from there on are zero */
	bool add;                 /* to what is in sum */

	uint8_t *const *out;        /* rows that are NULL or from `room` on are not wanted */
	const uint8_t *const *plus; /* rows that are added to those of `out`, read where wanted; NULL: none */
	const uint16_t *factor;     /* words that these are multiplied by then; NULL: none */
	size_t room;
	const uint32_t *wanted; /* wanted[i], i = 0..2^level: how many rows before i are */
};

/* The lowest level whose 2^level rows hold n. */
static inline unsigned pf_fec_level(unsigned n)
{
	return n > 1 ? 32 - (unsigned)__builtin_clz(n - 1) : 0;
}

struct pf_fec_kernel {
	const char *name;
	size_t table_bytes;
	size_t column_bytes;
	/* The table of the linear map that takes 1 << i to image[i]. */
	void (*make_table)(uint8_t *table, const uint8_t image[8]);
	void (*product)(const struct pf_fec_product *p);
	void (*ifft)(const struct pf_fec_chunk *c);
	void (*fft)(const struct pf_fec_chunk *c);
};

extern const struct pf_fec_kernel pf_fec_kernel_c;
/* x86-64 only */
extern const struct pf_fec_kernel pf_fec_kernel_ssse3, pf_fec_kernel_avx2, pf_fec_kernel_avx512,
	pf_fec_kernel_gfni256, pf_fec_kernel_gfni512;
extern const struct pf_fec_kernel pf_fec_kernel_neon; /* arm64 only */

/*
 * What makes a kernel fast: functions that are inlined whatever they cost, and, before loops of few rounds, that all
 * of their variables are in registers. Sanitizers put so many checks into that much code that it takes minutes to compile;
 * they get the plain functions and loops.
 */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PF_FEC_PLAIN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PF_FEC_PLAIN
#endif

#ifdef PF_FEC_PLAIN
#define PF_FEC_INLINE static inline
#define PF_FEC_UNROLL
#else
#define PF_FEC_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define PF_FEC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PF_FEC_UNROLL _Pragma("GCC unroll 8")
#endif
#endif
