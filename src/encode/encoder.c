#include "encode/encoder.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "encode/avcodec.h"
#include "encode/dummy.h"

static const struct pf_encoder_impl *const backends[] = {
	&pf_encoder_software,
	&pf_encoder_dummy,
};

#define BACKENDS      (sizeof(backends) / sizeof(backends[0]))
#define PROBED        0x100u /* beside the codec bits: 0 means not asked yet */
#define CODEC_BIT_MAX PF_CODEC_PYROWAVE

const struct pf_encoder_impl *const *pf_encoder_list(size_t *count)
{
	*count = BACKENDS;
	return backends;
}

static bool is_meant(const struct pf_encoder_impl *impl, const char *name)
{
	return name ? strcmp(impl->name, name) == 0 : impl != &pf_encoder_dummy;
}

static int unknown_backend(const char *name, struct pf_reason *reason)
{
	return pf_reason(reason, PF_ERR_NOT_FOUND,
		"there is no encoder called \"%s\"; known are software and dummy", name ? name : "auto");
}

static int cannot_make(const struct pf_encoder_impl *impl, enum pf_codec codec, struct pf_reason *reason)
{
	return pf_reason(reason, PF_ERR_UNSUPPORTED, "the %s encoder cannot make %s; choose another codec",
		impl->name, pf_codec_name(codec));
}

static int probe_one(const struct pf_encoder_impl *impl, enum pf_codec codec, struct pf_reason *reason)
{
	if (!(impl->codecs & codec))
		return cannot_make(impl, codec, reason);
	return impl->probe(codec, reason);
}

int pf_encoder_probe(const char *backend, enum pf_codec codec, struct pf_reason *reason)
{
	int err = pf_reason(
		reason, PF_ERR_NOT_FOUND, "there is no encoder called \"%s\"", backend ? backend : "");
	for (size_t i = 0; i < BACKENDS; i++) {
		if (!is_meant(backends[i], backend))
			continue;
		err = probe_one(backends[i], codec, reason);
		if (err == PF_OK)
			return PF_OK;
	}
	return err;
}

static unsigned codecs_of(size_t index)
{
	/* Two threads may probe at once; they find the same. */
	static _Atomic unsigned answers[BACKENDS];
	unsigned found = atomic_load_explicit(&answers[index], memory_order_relaxed);
	if (found)
		return found & ~PROBED;
	for (unsigned bit = 1; bit <= CODEC_BIT_MAX; bit <<= 1) {
		if (probe_one(backends[index], (enum pf_codec)bit, NULL) == PF_OK)
			found |= bit;
	}
	atomic_store_explicit(&answers[index], found | PROBED, memory_order_relaxed);
	return found;
}

unsigned pf_encoder_codecs(const char *backend)
{
	unsigned codecs = 0;
	for (size_t i = 0; i < BACKENDS; i++) {
		if (is_meant(backends[i], backend))
			codecs |= codecs_of(i);
	}
	return codecs;
}

unsigned pf_encoder_slow_codecs(const char *backend)
{
	unsigned fast = 0;
	for (size_t i = 0; i < BACKENDS; i++) {
		if (is_meant(backends[i], backend))
			fast |= codecs_of(i) & ~backends[i]->slow;
	}
	return pf_encoder_codecs(backend) & ~fast;
}

static int check_params(const struct pf_encoder_params *p, struct pf_reason *reason)
{
	if (!pf_mode_valid(p->mode))
		return pf_reason(reason, PF_ERR_INVALID,
			"%ux%u at %u Hz cannot be encoded; even sizes from %ux%u to %ux%u, %u..%u Hz",
			p->mode.width_px, p->mode.height_px, p->mode.refresh_hz, PF_MODE_WIDTH_MIN,
			PF_MODE_HEIGHT_MIN, PF_MODE_WIDTH_MAX, PF_MODE_HEIGHT_MAX, PF_MODE_HZ_MIN,
			PF_MODE_HZ_MAX);
	if (p->bitrate_kbps == 0)
		return pf_reason(reason, PF_ERR_INVALID, "a bit rate of 0 cannot be encoded");
	return PF_OK;
}

static int open_one(const struct pf_encoder_impl *impl, struct pf_encoder **out,
	const struct pf_encoder_params *params, struct pf_reason *reason)
{
	if (!(impl->codecs & params->codec))
		return cannot_make(impl, params->codec, reason);
	return impl->open(out, params, reason);
}

int pf_encoder_open(struct pf_encoder **out, const char *backend, const struct pf_encoder_params *params,
	struct pf_reason *reason)
{
	int err = check_params(params, reason);
	if (err != PF_OK)
		return err;
	err = unknown_backend(backend, reason);
	for (size_t i = 0; i < BACKENDS; i++) {
		struct pf_reason why = {0};
		if (!is_meant(backends[i], backend))
			continue;
		err = open_one(backends[i], out, params, &why);
		if (err == PF_OK)
			return PF_OK;
		pf_reason(reason, err, "%s", why.text);
		pf_debug("encode", "%s refuses: %s", backends[i]->name, why.text);
	}
	return err;
}

int pf_encoder_encode(struct pf_encoder *e, struct pf_frame *frame, const struct pf_encode_request *request,
	struct pf_unit **out)
{
	return e->impl->encode(e, frame, request, out);
}

int pf_encoder_set_rate(struct pf_encoder *e, uint32_t bitrate_kbps)
{
	return bitrate_kbps == 0 ? PF_ERR_INVALID : e->impl->set_rate(e, bitrate_kbps);
}

void pf_encoder_close(struct pf_encoder *e)
{
	if (e)
		e->impl->close(e);
}

const char *pf_encoder_name(const struct pf_encoder *e)
{
	return e->impl->name;
}
