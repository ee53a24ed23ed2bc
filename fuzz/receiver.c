/*
 * An unsealed receiver fed with packets as a hostile but authenticated host could send them. Input: scheme
 * and shape (4 bytes), then records of length (2 bytes, little endian) and a packet; a packet cut short is
 * padded with zeros to the shard size that its header names (if its stream_seq is even), so that few bytes
 * reach far.
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
	struct pf_receiver_params params = {.fec_scheme = pf_rd_u8(&rd) % 2,
		.max_data_per_block = 1u + pf_rd_u8(&rd),
		.shard_payload = 2u * (1 + pf_rd_u16(&rd) % 64),
		.max_unit_bytes = 1 << 20};
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
	}
	struct pf_receiver_stats stats;
	pf_receiver_get_stats(r, &stats);
	if (stats.bytes_in_flight > 4u * params.max_unit_bytes)
		abort();
	pf_receiver_destroy(r);
	return 0;
}
