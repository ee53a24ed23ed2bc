/*
 * Messages as lists of fields: one list both reads and writes a struct. A member's size is its size on the
 * wire. Private to this folder.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/writer.h"

struct field {
	uint16_t at;   /* in the struct */
	uint8_t bytes; /* 1, 2, 4 or 8 */
	bool is_bool;
};

#define FIELD_BYTES(type, member) sizeof(((type *)0)->member)
#define FIELD_NUMBER(type, member)                                       \
	{                                                                \
		offsetof(type, member), FIELD_BYTES(type, member), false \
	}
#define FIELD_BOOL(type, member)                                        \
	{                                                               \
		offsetof(type, member), FIELD_BYTES(type, member), true \
	}

size_t fields_bytes(const struct field *fields, size_t count);
/* Zeros for what the reader does not hold; it has failed then. */
void fields_read(void *out, const struct field *fields, size_t count, struct pf_rd *r);
void fields_write(struct pf_wr *w, const struct field *fields, size_t count, const void *from);
