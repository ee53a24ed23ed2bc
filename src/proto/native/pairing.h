/* The bytes of the pairing ceremony (native-control 6.1); no cryptography here. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"

#define PF_PAIR_NAME_MAX      64
#define PF_PAIR_SPAKE_BYTES   33 /* role byte and point */
#define PF_PAIR_CONFIRM_BYTES 32
#define PF_PAIR_BYTES_MAX     (8 + PF_PAIR_NAME_MAX + PF_PAIR_SPAKE_BYTES)

enum pf_pair_type {
	PF_PAIR_REQUEST = 0x10,
	PF_PAIR_CHALLENGE = 0x11,
	PF_PAIR_PROOF = 0x12,
	PF_PAIR_RESULT = 0x13,
};

struct pf_pair_message {
	enum pf_pair_type type;
	union {
		struct {
			char name[PF_PAIR_NAME_MAX + 1]; /* UTF-8, not yet sanitised; "" when absent or bad */
			struct pf_slice
				spake; /* of any length: what is not a message of SPAKE2 is refused there */
		} request;
		struct {
			uint8_t spake[PF_PAIR_SPAKE_BYTES];
			uint8_t confirm[PF_PAIR_CONFIRM_BYTES];
		} challenge;
		struct {
			uint8_t confirm[PF_PAIR_CONFIRM_BYTES];
		} proof;
		struct {
			bool paired;
		} result;
	};
};

/* *out is written on success only. Errors: PF_ERR_UNSUPPORTED (another type of message), PF_ERR_TRUNCATED,
 * PF_ERR_INVALID. */
int pf_pair_read(struct pf_pair_message *out, const uint8_t *data, size_t len);
void pf_pair_write(struct pf_wr *w, const struct pf_pair_message *m);
