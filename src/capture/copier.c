#include "capture/copier.h"

#include <string.h>

void pf_copier_begin(struct pf_copier *c)
{
	c->ready = c->failed = false;
	c->y_inverted = false;
	c->time_known = false;
	c->full_damage = false;
	c->damage_count = 0;
}

void pf_copier_add_damage(struct pf_copier *c, int64_t x, int64_t y, int64_t width, int64_t height)
{
	int64_t left = x > 0 ? x : 0, top = y > 0 ? y : 0;
	int64_t right = x + width < c->shape.width_px ? x + width : c->shape.width_px;
	int64_t bottom = y + height < c->shape.height_px ? y + height : c->shape.height_px;
	if (left >= right || top >= bottom)
		return;
	bool whole = right - left == c->shape.width_px && bottom - top == c->shape.height_px;
	if (whole || c->damage_count == PF_FRAME_DAMAGE_MAX) {
		c->full_damage = true;
		return;
	}
	c->damage[c->damage_count++] = (struct pf_rect){
		.x = (int32_t)left,
		.y = (int32_t)top,
		.width = (int32_t)(right - left),
		.height = (int32_t)(bottom - top),
	};
}

void pf_copier_set_time(struct pf_copier *c, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec)
{
	/* Seconds beyond 2^33 are no clock of this machine, and would overflow as nanoseconds. */
	c->time_known = sec_hi < 2 && nsec < 1000000000;
	c->time_ns = ((uint64_t)sec_hi << 32 | sec_lo) * 1000000000 + nsec;
}

void pf_copier_describe(struct pf_copier *c, const struct pf_copier_shape *shape)
{
	if (!c->described) {
		c->shape = *shape;
		c->described = true;
	} else if (memcmp(&c->shape, shape, sizeof(*shape)) != 0) {
		c->reshaped = true;
	}
}

void pf_copier_offer_format(struct pf_copier_shape *shape, uint32_t wl_shm_format)
{
	/* Worst to best: the encoder needs no alpha, and BGRX is what conversions are quickest from. */
	static const uint32_t ranking[] = {
		PF_FOURCC_ABGR8888, PF_FOURCC_XBGR8888, PF_FOURCC_ARGB8888, PF_FOURCC_XRGB8888};
	uint32_t fourcc = wl_shm_format == WL_SHM_FORMAT_ARGB8888   ? PF_FOURCC_ARGB8888
			  : wl_shm_format == WL_SHM_FORMAT_XRGB8888 ? PF_FOURCC_XRGB8888
								    : wl_shm_format;
	int offered = -1, held = -1;
	for (int i = 0; i < (int)(sizeof(ranking) / sizeof(ranking[0])); i++) {
		if (ranking[i] == fourcc)
			offered = i;
		if (ranking[i] == shape->fourcc)
			held = i;
	}
	if (offered > held)
		shape->fourcc = fourcc;
}
