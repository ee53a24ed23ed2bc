/*
 * GF(2^8) Cauchy erasure code of GameStream video (gamestream 6.6; native-media 4.2), with the fixed matrix
 * of its audio parity as a second kind. k + m <= 255, any shard length. Contexts and kernels as in fec16.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_fec8;

enum pf_fec8_matrix {
	PF_FEC8_CAUCHY, /* C[r][c] = 1 / ((m + c) xor r) */
	PF_FEC8_AUDIO,  /* k = 4, m = 2: 77 40 38 0e / c7 a7 0d 6c */
};

/* Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED. kernel: as in fec16.h. */
int pf_fec8_create(struct pf_fec8 **out, enum pf_fec8_matrix matrix, const char *kernel);
void pf_fec8_destroy(struct pf_fec8 *f);
const char *pf_fec8_kernel(const struct pf_fec8 *f);

/* As pf_fec16_encode; memory depends on shard_bytes only.
 * Errors: PF_ERR_INVALID (k or m 0, k + m > 255, empty shards, wrong audio shape), PF_ERR_NOMEM. */
int pf_fec8_encode(struct pf_fec8 *f, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
	unsigned m, size_t shard_bytes);

/* As pf_fec16_repair. Errors: PF_ERR_INVALID, PF_ERR_LIMIT, PF_ERR_NOMEM. */
int pf_fec8_repair(struct pf_fec8 *f, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes);
