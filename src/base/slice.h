/* Bytes that belong to somebody else: a part of a received message, valid as long as that message is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pf_slice {
	const uint8_t *data; /* may be NULL when len is 0 */
	size_t len;
};
