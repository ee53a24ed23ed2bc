/* The framer: any fragments give the same messages as one piece, and no more bytes than went in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t count, bytes;
	uint64_t hash;
};

static bool on_message(void *user, const uint8_t *message, size_t len)
{
	struct seen *s = user;
	if (len == 0)
		abort();
	s->count++;
	s->bytes += len;
	for (size_t i = 0; i < len; i++)
		s->hash = (s->hash ^ message[i]) * 0x100000001B3u;
	s->hash = (s->hash ^ len) * 0x100000001B3u;
	return true;
}

/* The first byte of the input says how large the fragments are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pf_framer whole, parts;
	if (size == 0)
		return 0;
	size_t step = 1 + data[0] % 32;
	struct seen a = {0}, b = {0};
	whole.have = parts.have = 0;
	if (pf_framer_feed(&whole, data + 1, size - 1, on_message, &a) != size - 1)
		abort();
	for (size_t at = 1; at < size; at += step)
		pf_framer_feed(&parts, data + at, size - at < step ? size - at : step, on_message, &b);
	if (memcmp(&a, &b, sizeof(a)) != 0 || whole.have != parts.have)
		abort();
	if (a.bytes + PF_FRAME_HEAD_BYTES * a.count > size - 1)
		abort();
	return 0;
}
