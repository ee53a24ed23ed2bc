#include <stdlib.h>

#include "os/clock.h"
#include "packet/gs_packetiser.h"
#include "send/wire.h"

#define TENTH_MS_NS 100000

struct gamestream {
	struct pf_wire base;
	struct pf_gs_packetiser *packetiser;
	struct pf_seal *seal; /* NULL = plain */
	uint64_t counter;     /* of the next datagram */
};

static struct gamestream *from_base(const struct pf_wire *w)
{
	return (struct gamestream *)w;
}

/* What the host took so far is told in the frame; repeats have no capture to count from. */
static unsigned latency_of(const struct pf_unit *unit)
{
	int64_t spent = pf_now_ns() - unit->stamps.capture_ns;
	return unit->repeat || spent < 0 ? 0 : (unsigned)(spent / TENTH_MS_NS);
}

static int begin(struct pf_wire *w, const struct pf_unit *unit)
{
	return pf_gs_packetiser_begin(from_base(w)->packetiser, unit, latency_of(unit));
}

static int next(struct pf_wire *w, unsigned max, struct pf_batch *out)
{
	struct gamestream *g = from_base(w);
	int rc = pf_gs_packetiser_next(g->packetiser, max, out);
	uint32_t frame = pf_gs_packetiser_frame(g->packetiser);
	for (unsigned i = 0; rc == PF_OK && g->seal && i < out->count; i++)
		pf_seal_gamestream(g->seal, g->counter++, frame, out->datagram[i],
			out->datagram_bytes - PF_SEAL_GAMESTREAM_HEAD);
	return rc;
}

static size_t left(const struct pf_wire *w)
{
	return pf_gs_packetiser_left(from_base(w)->packetiser);
}

static size_t datagram_bytes(const struct pf_wire *w)
{
	return pf_gs_packetiser_datagram_bytes(from_base(w)->packetiser);
}

static void set_fec_percent(struct pf_wire *w, unsigned percent)
{
	pf_gs_packetiser_set_fec_percent(from_base(w)->packetiser, percent);
}

static void destroy(struct pf_wire *w)
{
	struct gamestream *g = from_base(w);
	pf_gs_packetiser_destroy(g->packetiser);
	pf_seal_destroy(g->seal);
	free(g);
}

static const struct pf_wire_impl gamestream_impl = {
	.begin = begin,
	.next = next,
	.left = left,
	.datagram_bytes = datagram_bytes,
	.set_fec_percent = set_fec_percent,
	.destroy = destroy,
};

int pf_wire_gamestream_create(struct pf_wire **out, const struct pf_wire_gamestream_params *params)
{
	static const uint8_t no_salt[PF_SEAL_SALT_BYTES];
	struct gamestream *g = calloc(1, sizeof(*g));
	if (!g)
		return PF_ERR_NOMEM;
	g->base.impl = &gamestream_impl;
	const struct pf_gs_packetiser_params cutting = {
		.packet_size = params->packet_size,
		.fec_percent = params->fec_percent,
		.min_parity = params->min_parity,
		.headroom = params->key ? PF_SEAL_GAMESTREAM_HEAD : 0,
	};
	int rc = pf_gs_packetiser_create(&g->packetiser, &cutting);
	if (rc == PF_OK && params->key)
		rc = pf_seal_create(&g->seal, PF_CIPHER_AES128_GCM, params->key, no_salt, PF_HOST_TO_CLIENT);
	if (rc < 0) {
		destroy(&g->base);
		return rc;
	}
	*out = &g->base;
	return PF_OK;
}
