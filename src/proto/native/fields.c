#include "proto/native/fields.h"

#include <string.h>

size_t fields_bytes(const struct field *fields, size_t count)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += fields[i].bytes;
	return total;
}

/* Through a variable of the member's own size, so that the order of bytes in memory does not matter. */
static void store(void *member, unsigned bytes, uint64_t value)
{
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;
	uint32_t v32 = (uint32_t)value;
	switch (bytes) {
	case 1:
		memcpy(member, &v8, 1);
		break;
	case 2:
		memcpy(member, &v16, 2);
		break;
	case 4:
		memcpy(member, &v32, 4);
		break;
	default:
		memcpy(member, &value, 8);
		break;
	}
}

static uint64_t load(const void *member, unsigned bytes)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
	switch (bytes) {
	case 1:
		memcpy(&v8, member, 1);
		return v8;
	case 2:
		memcpy(&v16, member, 2);
		return v16;
	case 4:
		memcpy(&v32, member, 4);
		return v32;
	default:
		memcpy(&v64, member, 8);
		return v64;
	}
}

void fields_read(void *out, const struct field *fields, size_t count, struct pf_rd *r)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t *member = (uint8_t *)out + fields[i].at;
		uint64_t value = pf_rd_le(r, fields[i].bytes);
		if (fields[i].is_bool)
			*(bool *)member = value != 0;
		else
			store(member, fields[i].bytes, value);
	}
}

void fields_write(struct pf_wr *w, const struct field *fields, size_t count, const void *from)
{
	for (size_t i = 0; i < count; i++)
		pf_wr_le(w, load((const uint8_t *)from + fields[i].at, fields[i].bytes), fields[i].bytes);
}
