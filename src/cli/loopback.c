#include "cli/loopback.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/receiver.h"
#include "os/clock.h"
#include "packet/packetiser.h"

#define FEC_SCHEME  1  /* GF(2^16), what the packetiser makes */
#define FEC_PERCENT 10 /* what a session starts with; at least one shard per block */

struct pf_loopback {
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	struct pf_receiver *receiver;
	uint64_t seq;
	struct pf_loopback_counts counts;

	/* The unit on its way, and how often it came out, the same or not. */
	struct pf_cut cut;
	unsigned same, different;
};

/* Guards nothing: the datagrams stay in this process. */
static const uint8_t key[16] = {1}, salt[PF_SEAL_SALT_BYTES] = {2};

static void handle_unit(void *user, const struct pf_received_unit *got)
{
	struct pf_loopback *l = user;
	const struct pf_cut *sent = &l->cut;
	if (got->frame_index == sent->frame_index && got->user_flags == sent->user_flags &&
		got->pts_ns == sent->pts_ns && got->len == sent->len &&
		memcmp(got->data, sent->data, sent->len) == 0)
		l->same++;
	else
		l->different++;
}

static int open_stages(struct pf_loopback *l, unsigned shard_payload)
{
	const struct pf_packetiser_params cutting = {
		.shard_payload = shard_payload,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.fec_percent = FEC_PERCENT,
	};
	struct pf_receiver_params receiving = {
		.sealed = true,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.fec_scheme = FEC_SCHEME,
		.fec_percent = FEC_PERCENT,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.shard_payload = shard_payload,
		.max_unit_bytes = PF_UNIT_BYTES_MAX,
	};
	memcpy(receiving.salt, salt, sizeof(salt));
	const struct pf_receiver_events events = {.on_unit = handle_unit};
	int rc = pf_packetiser_create(&l->packetiser, &cutting);
	if (rc == PF_OK)
		rc = pf_seal_create(&l->seal, PF_CIPHER_AES128_GCM, key, salt, PF_HOST_TO_CLIENT);
	if (rc == PF_OK)
		rc = pf_receiver_create(&l->receiver, &receiving, &events, l);
	return rc;
}

int pf_loopback_create(struct pf_loopback **out, unsigned shard_payload, struct pf_reason *reason)
{
	if (shard_payload < PF_SHARD_MIN || shard_payload > PF_SHARD_MAX || shard_payload % 2 != 0)
		return pf_reason(reason, PF_ERR_INVALID,
			"%u bytes per datagram cannot be cut: even numbers from %d to %d can", shard_payload,
			PF_SHARD_MIN, PF_SHARD_MAX);
	struct pf_loopback *l = calloc(1, sizeof(*l));
	int rc = l ? open_stages(l, shard_payload) : PF_ERR_NOMEM;
	if (rc < 0) {
		pf_loopback_destroy(l);
		return pf_reason(reason, rc, "the protocol core cannot be set up: %s", pf_strerror(rc));
	}
	*out = l;
	return PF_OK;
}

void pf_loopback_destroy(struct pf_loopback *l)
{
	if (!l)
		return;
	pf_packetiser_destroy(l->packetiser);
	pf_seal_destroy(l->seal);
	pf_receiver_destroy(l->receiver);
	free(l);
}

static void pass_batch(struct pf_loopback *l, const struct pf_batch *b, bool lose_first)
{
	for (unsigned i = 0; i < b->count; i++) {
		pf_seal_datagram(l->seal, l->seq++, b->datagram[i], pf_batch_plain_bytes(b));
		if (i > 0 || !lose_first)
			pf_receiver_feed(l->receiver, b->datagram[i], b->datagram_bytes, pf_now_ns());
	}
	l->counts.datagrams += b->count;
	l->counts.bytes += b->count * b->datagram_bytes;
}

static int pass_datagrams(struct pf_loopback *l)
{
	size_t shard_bytes = pf_packetiser_datagram_bytes(l->packetiser) - PF_DATAGRAM_OVERHEAD;
	size_t data = (l->cut.len + shard_bytes - 1) / shard_bytes;
	l->counts.parity += pf_packetiser_left(l->packetiser) - data;
	bool lose = l->cut.frame_index % 2 != 0;
	l->counts.lost += lose;
	struct pf_batch b;
	int rc;
	while ((rc = pf_packetiser_next(l->packetiser, PF_BATCH_MAX, &b)) == PF_OK && b.count > 0) {
		pass_batch(l, &b, lose);
		lose = false;
	}
	return rc;
}

int pf_loopback_pass(struct pf_loopback *l, const struct pf_unit *unit, struct pf_reason *reason)
{
	l->cut = pf_cut_of(unit);
	l->same = l->different = 0;
	int rc = pf_packetiser_begin(l->packetiser, &l->cut);
	if (rc == PF_OK)
		rc = pass_datagrams(l);
	if (rc < 0)
		return pf_reason(reason, rc, "unit %u of %zu bytes cannot be cut into datagrams: %s",
			unit->frame_index, unit->len, pf_strerror(rc));
	if (l->different > 0)
		return pf_reason(reason, PF_ERR_INVALID,
			"unit %u of %zu bytes came out of the protocol core differently", unit->frame_index,
			unit->len);
	if (l->same != 1)
		return pf_reason(reason, PF_ERR_NOT_FOUND,
			"unit %u of %zu bytes came out of the protocol core %u times", unit->frame_index,
			unit->len, l->same);
	l->counts.units++;
	return PF_OK;
}

struct pf_loopback_counts pf_loopback_count(const struct pf_loopback *l)
{
	struct pf_loopback_counts counts = l->counts;
	struct pf_receiver_stats stats;
	pf_receiver_get_stats(l->receiver, &stats);
	counts.repaired = stats.units_repaired;
	return counts;
}
