#include "client/receiver.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/geometry.h"
#include "client/reassembler.h"
#include "client/replay.h"

struct pf_receiver {
	struct pf_seal *seal; /* NULL: datagrams come unsealed */
	struct pf_reassembler *reassembler;
	struct pf_receiver_stats stats;
	struct pf_replay replay;
};

static bool params_valid(const struct pf_receiver_params *p)
{
	return p->fec_scheme <= 1 && p->max_data_per_block >= 1 && p->max_data_per_block <= UINT16_MAX &&
	       p->shard_payload >= 2 && p->shard_payload <= PF_SHARD_MAX && p->shard_payload % 2 == 0 &&
	       p->max_unit_bytes >= 1;
}

int pf_receiver_create(struct pf_receiver **out, const struct pf_receiver_params *params,
	const struct pf_receiver_events *events, void *user)
{
	if (!params_valid(params))
		return PF_ERR_INVALID;
	struct pf_receiver *r = calloc(1, sizeof(*r));
	if (!r)
		return PF_ERR_NOMEM;
	struct pf_geometry_limits limits = pf_geometry_limits_of(params->fec_scheme,
		params->max_data_per_block, params->shard_payload, params->max_unit_bytes);
	int err =
		pf_reassembler_create(&r->reassembler, params->fec_scheme, &limits, events, user, &r->stats);
	if (!err && params->sealed)
		err = pf_seal_create(&r->seal, params->cipher, params->key, params->salt, PF_HOST_TO_CLIENT);
	if (err) {
		pf_receiver_destroy(r);
		return err;
	}
	*out = r;
	return PF_OK;
}

void pf_receiver_destroy(struct pf_receiver *r)
{
	if (!r)
		return;
	pf_reassembler_destroy(r->reassembler);
	pf_seal_destroy(r->seal);
	free(r);
}

/* Puts the plaintext packet of a sealed datagram at `plain`; false (counted) when it is none, or not a new one. */
static bool open_datagram(
	struct pf_receiver *r, const uint8_t *datagram, size_t len, uint8_t *plain, size_t *plain_len)
{
	uint64_t seq;
	if (len < PF_SEAL_OVERHEAD)
		r->stats.noise++;
	else if (pf_seal_open_into(r->seal, datagram, len, plain, &seq, plain_len))
		r->stats.auth_failed++;
	else if (!pf_replay_accept(&r->replay, seq))
		r->stats.replayed++;
	else
		return true;
	return false;
}

/* Reads the header of a plaintext packet; false (counted) when it is none. */
static bool read_header(struct pf_receiver *r, struct pf_packet_header *h, const uint8_t *header,
	size_t plain_len, size_t datagram_len)
{
	r->stats.datagrams++;
	r->stats.bytes += datagram_len;
	if (pf_packet_header_read(h, header, plain_len) ||
		plain_len - PF_PACKET_HEADER_BYTES < h->shard_bytes) {
		r->stats.malformed++;
		return false;
	}
	if (h->user_flags & PF_UNIT_PROBE) {
		r->stats.probe_datagrams++;
		r->stats.probe_bytes += datagram_len;
	}
	return true;
}

/* Opens the datagram where its shard most likely belongs, which spares a copy. Its header then stands in the end of
 * the shard before, which is put back. False when no place is known. */
static bool feed_in_place(struct pf_receiver *r, const uint8_t *datagram, size_t len, int64_t now_ns)
{
	if (len < PF_SEAL_OVERHEAD + PF_PACKET_HEADER_BYTES)
		return false;
	uint8_t *place =
		pf_reassembler_next_place(r->reassembler, len - PF_SEAL_OVERHEAD - PF_PACKET_HEADER_BYTES);
	if (!place)
		return false;
	uint8_t *plain = place - PF_PACKET_HEADER_BYTES;
	uint8_t kept[PF_PACKET_HEADER_BYTES];
	struct pf_packet_header h;
	size_t plain_len;
	memcpy(kept, plain, sizeof(kept));
	bool good = open_datagram(r, datagram, len, plain, &plain_len) &&
		    read_header(r, &h, plain, plain_len, len);
	memcpy(plain, kept, sizeof(kept));
	if (good)
		pf_reassembler_feed(r->reassembler, &h, place, now_ns);
	return true;
}

void pf_receiver_feed(struct pf_receiver *r, uint8_t *datagram, size_t len, int64_t now_ns)
{
	uint8_t *plain = datagram;
	size_t plain_len = len;
	if (r->seal) {
		if (feed_in_place(r, datagram, len, now_ns))
			return;
		plain += PF_SEAL_SEQ_BYTES;
		if (!open_datagram(r, datagram, len, plain, &plain_len))
			return;
	}
	struct pf_packet_header h;
	if (read_header(r, &h, plain, plain_len, len))
		pf_reassembler_feed(r->reassembler, &h, plain + PF_PACKET_HEADER_BYTES, now_ns);
}

void pf_receiver_get_stats(const struct pf_receiver *r, struct pf_receiver_stats *out)
{
	*out = r->stats;
	out->bytes_in_flight = pf_reassembler_bytes_in_flight(r->reassembler);
}
