/*
 * GF(2^16) erasure code of punktfunk/1 (native-media 4.1): Leopard construction, high and low rate. Any k
 * of the k + m shards of a block give the data back. Shards are even in size; columns never mix.
 *
 * A context holds scratch memory and cached tables; one thread at a time. The kernels (tier.h) are
 * chosen once by CPU.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_fec16;

/* Errors: PF_ERR_NOMEM. kernel: NULL for the best of this CPU, else one of tier.h
 * (PF_ERR_UNSUPPORTED when the CPU lacks it or the name is unknown). */
int pf_fec16_create(struct pf_fec16 **out, const char *kernel);
void pf_fec16_destroy(struct pf_fec16 *f);
const char *pf_fec16_kernel(const struct pf_fec16 *f);

/*
 * Computes the m parity shards of k data shards. data[i] and parity[j] are shard_bytes long, not
 * overlapping, any alignment; data is only read. No allocation when the shape (k, m, shard_bytes) fits
 * what was encoded before.
 * Errors: PF_ERR_INVALID (k or m 0, odd or zero shard_bytes, min(kp, mp) + max(k, m) > 65536), PF_ERR_NOMEM.
 */
int pf_fec16_encode(struct pf_fec16 *f, const uint8_t *const *data, unsigned k, uint8_t *const *parity,
	unsigned m, size_t shard_bytes);

/*
 * Fills in the missing data shards. have_data[i] says whether data[i] holds the shard; where it does not,
 * data[i] is memory to be written. parity[j] is the parity shard or NULL when it did not arrive.
 * Work grows with what was lost, not with the field. Output is written on success only. No allocation when
 * the shape fits what was repaired before.
 * Errors: PF_ERR_INVALID (shape), PF_ERR_LIMIT (fewer than k shards in all), PF_ERR_NOMEM.
 */
int pf_fec16_repair(struct pf_fec16 *f, uint8_t *const *data, const bool *have_data, unsigned k,
	const uint8_t *const *parity, unsigned m, size_t shard_bytes);
