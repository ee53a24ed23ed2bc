/*
 * An unsealed receiver fed with packets as a hostile but authenticated host could send them. Input: scheme and
 * largest unit (1 byte), shape (3 bytes), then records of length (2 bytes, little endian) and a packet; a packet
 * cut short is padded with zeros to the shard size that its header names (if its stream_seq is even), so that
 * few bytes reach far: with small units, to the end of the memory budget.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/reader.h"
#include "client/receiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(void *user, const struct pf_received_unit *unit)
{
	unsigned *sum = user;
	for (size_t i = 0; i < unit->len; i++)
		*sum += unit->data[i];
}

static void check_memory(const struct pf_receiver *r, uint32_t max_unit_bytes)
{
	struct pf_receiver_stats stats;
	pf_receiver_get_stats(r, &stats);
	if (stats.bytes_in_flight > (size_t)4 * max_unit_bytes)
		abort();
}

static void feed(struct pf_receiver *r, const uint8_t *packet, size_t len)
{
	struct pf_packet_header h;
	size_t padded = len;
	if (pf_packet_header_read(&h, packet, len) == PF_OK && h.shard_bytes <= PF_SHARD_MAX &&
		len < PF_PACKET_HEADER_BYTES + (size_t)h.shard_bytes && h.stream_seq % 2 == 0)
		padded = PF_PACKET_HEADER_BYTES + (size_t)h.shard_bytes;
	uint8_t *copy = calloc(1, padded ? padded : 1);
	if (!copy)
		abort();
	memcpy(copy, packet, len);
	pf_receiver_feed(r, copy, padded, 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_rd rd = pf_rd_init(data, size);
	unsigned first = pf_rd_u8(&rd);
	struct pf_receiver_params params = {.fec_scheme = first % 2,
		.max_data_per_block = 1u + pf_rd_u8(&rd),
		.shard_payload = 2u * (1 + pf_rd_u16(&rd) % 64),
		.max_unit_bytes = UINT32_C(1) << (20 - first / 2 % 16)};
	unsigned sum = 0;
	const struct pf_receiver_events events = {.on_unit = look_at};
	struct pf_receiver *r = NULL;
	if (rd.failed || pf_receiver_create(&r, &params, &events, &sum))
		return 0;
	while (rd.left > 0 && !rd.failed) {
		size_t len = pf_rd_u16(&rd);
		len = len < rd.left ? len : rd.left;
		const uint8_t *packet = pf_rd_bytes(&rd, len);
		if (packet)
			feed(r, packet, len);
		check_memory(r, params.max_unit_bytes);
	}
	pf_receiver_destroy(r);
	return 0;
}
