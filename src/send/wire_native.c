#include <stdlib.h>

#include "os/clock.h"
#include "packet/packetiser.h"
#include "send/wire.h"

struct native {
	struct pf_wire base;
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	uint64_t seq; /* of the next datagram; one space for video and filler */
};

static struct native *from_base(const struct pf_wire *w)
{
	return (struct native *)w;
}

static int begin(struct pf_wire *w, const struct pf_unit *unit)
{
	const struct pf_cut cut = pf_cut_of(unit);
	return pf_packetiser_begin(from_base(w)->packetiser, &cut);
}

static int begin_filler(struct pf_wire *w, size_t bytes)
{
	return pf_packetiser_begin_filler(from_base(w)->packetiser, bytes, pf_wall_ns());
}

static int next(struct pf_wire *w, unsigned max, struct pf_batch *out)
{
	struct native *n = from_base(w);
	int rc = pf_packetiser_next(n->packetiser, max, out);
	if (rc < 0)
		return rc;
	pf_seal_batch(n->seal, n->seq, out->datagram, out->count, pf_batch_plain_bytes(out));
	n->seq += out->count;
	return PF_OK;
}

static size_t left(const struct pf_wire *w)
{
	return pf_packetiser_left(from_base(w)->packetiser);
}

static size_t datagram_bytes(const struct pf_wire *w)
{
	return pf_packetiser_datagram_bytes(from_base(w)->packetiser);
}

static void set_fec_percent(struct pf_wire *w, unsigned percent)
{
	pf_packetiser_set_fec_percent(from_base(w)->packetiser, percent);
}

static void set_shard_payload(struct pf_wire *w, unsigned bytes)
{
	pf_packetiser_set_shard_payload(from_base(w)->packetiser, bytes);
}

static void destroy(struct pf_wire *w)
{
	struct native *n = from_base(w);
	pf_packetiser_destroy(n->packetiser);
	pf_seal_destroy(n->seal);
	free(n);
}

static const struct pf_wire_impl native_impl = {
	.begin = begin,
	.begin_filler = begin_filler,
	.next = next,
	.left = left,
	.datagram_bytes = datagram_bytes,
	.set_fec_percent = set_fec_percent,
	.set_shard_payload = set_shard_payload,
	.destroy = destroy,
};

int pf_wire_native_create(struct pf_wire **out, const struct pf_wire_native_params *params)
{
	struct native *n = calloc(1, sizeof(*n));
	if (!n)
		return PF_ERR_NOMEM;
	n->base.impl = &native_impl;
	const struct pf_packetiser_params cutting = {
		.shard_payload = params->shard_payload,
		.max_data_per_block = PF_BLOCK_DATA_MAX,
		.fec_percent = params->fec_percent,
		.two_parity_shards = params->two_parity_shards,
	};
	int rc = pf_packetiser_create(&n->packetiser, &cutting);
	if (rc == PF_OK)
		rc = pf_seal_create(&n->seal, params->cipher, params->key, params->salt, PF_HOST_TO_CLIENT);
	if (rc < 0) {
		destroy(&n->base);
		return rc;
	}
	*out = &n->base;
	return PF_OK;
}
