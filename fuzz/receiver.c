/*
 * A receiver fed with packets as a hostile but authenticated host could send them, sealed or not: sealed ones are
 * opened where the receiver expects their shards, some of them after a forgery. Input: scheme, largest unit and
 * whether sealed (1 byte), shape (3 bytes), then records of length (2 bytes, little endian) and a packet; a packet
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

struct host {
	struct pf_seal *seal; /* NULL: unsealed */
	uint64_t seq;
};

static const uint8_t key[16] = {1}, salt[PF_SEAL_SALT_BYTES];

/* Made once for all inputs: it takes longer than most of them. */
static struct pf_seal *host_seal(void)
{
	static struct pf_seal *seal;
	if (!seal && pf_seal_create(&seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT))
		abort();
	return seal;
}

static void feed_sealed(
	struct pf_receiver *r, struct host *host, const uint8_t *packet, size_t len, bool forged)
{
	uint8_t *datagram = malloc(len + PF_SEAL_OVERHEAD);
	if (!datagram)
		abort();
	pf_seal_into(host->seal, host->seq++, packet, datagram, len);
	if (forged)
		datagram[len] ^= 1;
	pf_receiver_feed(r, datagram, len + PF_SEAL_OVERHEAD, 0);
	free(datagram);
}

static void feed(struct pf_receiver *r, struct host *host, const uint8_t *packet, size_t len)
{
	struct pf_packet_header h = {0};
	size_t padded = len;
	if (pf_packet_header_read(&h, packet, len) == PF_OK && h.shard_bytes <= PF_SHARD_MAX &&
		len < PF_PACKET_HEADER_BYTES + (size_t)h.shard_bytes && h.stream_seq % 2 == 0)
		padded = PF_PACKET_HEADER_BYTES + (size_t)h.shard_bytes;
	uint8_t *copy = calloc(1, padded ? padded : 1);
	if (!copy)
		abort();
	memcpy(copy, packet, len);
	if (host->seal && h.stream_seq / 2 % 4 == 0)
		feed_sealed(r, host, copy, padded, true);
	if (host->seal)
		feed_sealed(r, host, copy, padded, false);
	else
		pf_receiver_feed(r, copy, padded, 0);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_rd rd = pf_rd_init(data, size);
	unsigned first = pf_rd_u8(&rd);
	bool sealed = first / 32 % 2;
	struct host host = {.seal = sealed ? host_seal() : NULL};
	struct pf_receiver_params params = {.sealed = sealed,
		.key = key,
		.fec_scheme = first % 2,
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
			feed(r, &host, packet, len);
		check_memory(r, params.max_unit_bytes);
	}
	pf_receiver_destroy(r);
	return 0;
}
