/* Units of any size in packets of any size: a client that works out blocks, parity and the last length by the rules
 * gets the unit back, with every packet and with as many lost as there is parity. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "fec/fec8.h"
#include "packet/gs_packetiser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNIT_MAX 300000

struct client {
	size_t shard_bytes;
	uint8_t *block; /* 1023 shards */
	unsigned count;
	uint8_t *media; /* the frame so far */
	size_t len;
	unsigned lose; /* which packet of each block, first */
};

static uint32_t word(const uint8_t *p)
{
	struct pf_rd r = pf_rd_init(p, 4);
	return pf_rd_u32(&r);
}

static void repair(struct client *c, unsigned k, unsigned m)
{
	struct pf_fec8 *fec = NULL;
	uint8_t *data[255];
	const uint8_t *parity[255];
	bool have[255];
	if (m == 0)
		return;
	if (k + m > 255 || pf_fec8_create(&fec, PF_FEC8_CAUCHY, NULL) < 0)
		abort();
	for (unsigned i = 0; i < k; i++) {
		data[i] = c->block + i * c->shard_bytes;
		have[i] = true;
	}
	for (unsigned i = 0; i < m; i++) {
		unsigned lost = (c->lose + i * 7) % k;
		parity[i] = c->block + (k + i) * c->shard_bytes;
		have[lost] = false;
		memset(data[lost], 0, c->shard_bytes);
	}
	if (pf_fec8_repair(fec, data, have, k, parity, m, c->shard_bytes) < 0)
		abort();
	pf_fec8_destroy(fec);
}

static void finish_block(struct client *c, unsigned k, unsigned m)
{
	repair(c, k, m);
	for (unsigned i = 0; i < k; i++) {
		const uint8_t *s = c->block + i * c->shard_bytes;
		if (s[24] != (1 | (i == 0) << 2 | (i + 1 == k) << 1) || s[26] != 0x10)
			abort();
		memcpy(c->media + c->len, s + 32, c->shard_bytes - 32);
		c->len += c->shard_bytes - 32;
	}
	c->count = 0;
}

static void receive(struct client *c, const uint8_t *shard)
{
	uint32_t info = word(shard + 28);
	unsigned k = info >> 22, m = (k * (info >> 4 & 0xff) + 99) / 100;
	if (k == 0 || (info >> 12 & 0x3ff) != c->count || k + m > 1023)
		abort();
	memcpy(c->block + c->count++ * c->shard_bytes, shard, c->shard_bytes);
	if (c->count == k + m)
		finish_block(c, k, m);
}

static void check(struct pf_gs_packetiser *p, const struct pf_unit *u, unsigned lose)
{
	struct client c = {.shard_bytes = pf_gs_packetiser_datagram_bytes(p), .lose = lose};
	struct pf_batch b;
	if (pf_gs_packetiser_begin(p, u, 1) < 0)
		return;
	c.block = calloc(1023, c.shard_bytes);
	c.media = calloc(1, u->len + 8 + 2 * 2064);
	while (pf_gs_packetiser_next(p, 1 + lose % 64, &b) == PF_OK && b.count > 0) {
		for (unsigned i = 0; i < b.count; i++)
			receive(&c, b.datagram[i]);
	}
	size_t last = word(c.media + 4) & 0xffff;
	if (c.count != 0 || c.len < 8 + u->len || c.len - (c.shard_bytes - 32) + last != 8 + u->len ||
		memcmp(c.media + 8, u->data, u->len) != 0)
		abort();
	free(c.block);
	free(c.media);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_rd r = pf_rd_init(data, size);
	struct pf_gs_packetiser *p = NULL;
	const struct pf_gs_packetiser_params params = {
		.packet_size = 16 * (pf_rd_u8(&r) % 130u),
		.fec_percent = pf_rd_u8(&r),
		.min_parity = pf_rd_u8(&r),
	};
	struct pf_unit u = {.len = pf_rd_u32(&r) % UNIT_MAX, .key = size % 2};
	unsigned lose = pf_rd_u8(&r);
	if (r.failed || pf_gs_packetiser_create(&p, &params) < 0)
		return 0;
	u.data = calloc(1, u.len + PF_UNIT_PADDING);
	for (size_t i = 0; i < u.len; i++)
		u.data[i] = (uint8_t)(i * 131 + size);
	check(p, &u, lose);
	free(u.data);
	pf_gs_packetiser_destroy(p);
	return 0;
}
