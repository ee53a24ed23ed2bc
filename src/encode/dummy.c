#include "encode/dummy.h"

#include <assert.h>
#include <stdlib.h>

#include "media/unit_pool.h"
#include "os/clock.h"

#define UNITS_MAX 64

struct dummy_encoder {
	struct pf_encoder base;
	struct pf_encoder_params params;
	struct pf_unit_pool *pool;
	bool started;
};

static struct dummy_encoder *from_base(struct pf_encoder *base)
{
	assert(base->impl == &pf_encoder_dummy);
	return (struct dummy_encoder *)base;
}

static int dummy_probe(enum pf_codec codec, struct pf_reason *reason)
{
	return PF_OK;
}

static int dummy_open(
	struct pf_encoder **out, const struct pf_encoder_params *params, struct pf_reason *reason)
{
	struct dummy_encoder *e = calloc(1, sizeof(*e));
	if (!e || pf_unit_pool_create(&e->pool, 0, UNITS_MAX) != PF_OK) {
		free(e);
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the dummy encoder");
	}
	e->base.impl = &pf_encoder_dummy;
	e->params = *params;
	*out = &e->base;
	return PF_OK;
}

static size_t unit_bytes(const struct dummy_encoder *e, bool key)
{
	uint64_t bytes = (uint64_t)e->params.bitrate_kbps * 125 / e->params.mode.refresh_hz;
	uint64_t max = e->params.max_unit_bytes ? e->params.max_unit_bytes : PF_UNIT_BYTES_MAX;
	if (key)
		bytes = bytes * PF_DUMMY_KEY_PERCENT / 100;
	if (bytes > max)
		bytes = max;
	return bytes < PF_DUMMY_BYTES_MIN ? PF_DUMMY_BYTES_MIN : (size_t)bytes;
}

static int dummy_encode(struct pf_encoder *base, struct pf_frame *frame,
	const struct pf_encode_request *request, struct pf_unit **out)
{
	struct dummy_encoder *e = from_base(base);
	int64_t start = pf_now_ns();
	struct pf_unit *u;
	int err = pf_unit_pool_take(e->pool, &u);
	if (err != PF_OK)
		return err;
	u->key = request->force_key || !e->started;
	size_t len = unit_bytes(e, u->key);
	err = pf_unit_reserve(u, len);
	if (err != PF_OK) {
		pf_unit_unref(u);
		return err;
	}
	for (size_t i = 0; i < len; i++)
		u->data[i] = pf_dummy_byte(request->frame_index, i);
	pf_unit_set_len(u, len);
	u->frame_index = request->frame_index;
	u->pts_ns = request->pts_ns;
	u->repeat = request->repeat;
	u->stamps = frame->stamps;
	u->stamps.encode_us = (uint32_t)((pf_now_ns() - start) / 1000);
	e->started = true;
	*out = u;
	return PF_OK;
}

static int dummy_set_rate(struct pf_encoder *base, uint32_t bitrate_kbps)
{
	from_base(base)->params.bitrate_kbps = bitrate_kbps;
	return PF_OK;
}

static void dummy_close(struct pf_encoder *base)
{
	struct dummy_encoder *e = from_base(base);
	pf_unit_pool_destroy(e->pool);
	free(e);
}

const struct pf_encoder_impl pf_encoder_dummy = {
	.name = "dummy",
	.codecs = PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1 | PF_CODEC_PYROWAVE,
	.probe = dummy_probe,
	.open = dummy_open,
	.encode = dummy_encode,
	.set_rate = dummy_set_rate,
	.close = dummy_close,
};
