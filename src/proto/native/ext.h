/*
 * Extension blocks: tagged records behind Start (native-control 3.6). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/reader.h"
#include "base/slice.h"
#include "base/writer.h"

#define PF_EXT_BYTES_MAX   4096 /* the two bytes of length included */
#define PF_EXT_RECORDS_MAX 64

enum pf_ext_tag {
	PF_EXT_PADDING = 1,
	PF_EXT_LABEL = 2,
	PF_EXT_RATE_FEATURES = 3,
	PF_EXT_PRESET = 4,
	PF_EXT_DELIVERY = 5,
};

/* Checks a whole block; *records then holds what pf_ext_next walks. Errors: PF_ERR_TRUNCATED,
 * PF_ERR_INVALID (a tag twice), PF_ERR_LIMIT. Any of them ends the handshake. */
int pf_ext_read(struct pf_slice *records, struct pf_rd *r);
/* The next record of a checked block; false at its end. *records moves on. */
bool pf_ext_next(struct pf_slice *records, uint16_t *tag, struct pf_slice *value);

/* at = pf_ext_begin(w); pf_ext_record(w, ...); pf_ext_end(w, at). Tags are the caller's to keep unique. */
size_t pf_ext_begin(struct pf_wr *w);
void pf_ext_record(struct pf_wr *w, uint16_t tag, const void *value, size_t len);
void pf_ext_end(struct pf_wr *w, size_t at);
