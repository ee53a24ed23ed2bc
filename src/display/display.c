#include "display/display.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const struct pf_display_impl *impl;
	bool by_name_only; /* never picked by itself */
} backends[] = {
	{&pf_display_private, false},
	{&pf_display_synthetic, true},
};
#define BACKEND_COUNT (sizeof(backends) / sizeof(backends[0]))

static int check_mode(struct pf_mode m, struct pf_reason *reason)
{
	if (pf_mode_valid(m))
		return PF_OK;
	return pf_reason(reason, PF_ERR_INVALID,
		"%ux%u@%u is no mode that can be made: even sizes from %ux%u to %ux%u at %u to %u Hz can",
		m.width_px, m.height_px, m.refresh_hz, PF_MODE_WIDTH_MIN, PF_MODE_HEIGHT_MIN,
		PF_MODE_WIDTH_MAX, PF_MODE_HEIGHT_MAX, PF_MODE_HZ_MIN, PF_MODE_HZ_MAX);
}

/* The named backend, or the first that can; NULL with *rc and the reason when there is none. */
static const struct pf_display_impl *choose(
	const char *backend, const struct pf_display_params *params, int *rc, struct pf_reason *reason)
{
	*rc = check_mode(params->mode, reason);
	if (*rc != PF_OK)
		return NULL;
	*rc = pf_reason(
		reason, PF_ERR_NOT_FOUND, "there is no display backend called %s", backend ? backend : "");
	for (size_t i = 0; i < BACKEND_COUNT; i++) {
		const struct pf_display_impl *impl = backends[i].impl;
		if (backend ? strcmp(backend, impl->name) != 0 : backends[i].by_name_only)
			continue;
		*rc = impl->probe(params, reason);
		if (*rc == PF_OK)
			return impl;
	}
	return NULL;
}

int pf_display_create(struct pf_display **out, const char *backend, const struct pf_display_params *params,
	struct pf_reason *reason)
{
	int rc;
	const struct pf_display_impl *impl = choose(backend, params, &rc, reason);
	return impl ? impl->create(out, params, reason) : rc;
}

int pf_display_probe(const char *backend, const struct pf_display_params *params, struct pf_reason *reason)
{
	int rc;
	choose(backend, params, &rc, reason);
	return rc;
}

int pf_display_open_capture(struct pf_display *d, struct pf_capture **out, struct pf_reason *reason)
{
	return d->impl->open_capture(d, out, reason);
}

int pf_display_open_input(struct pf_display *d, struct pf_input **out, struct pf_reason *reason)
{
	if (d->impl->open_input)
		return d->impl->open_input(d, out, reason);
	int rc = pf_input_dummy_create(out);
	return rc < 0 ? pf_reason(reason, rc, "out of memory") : rc;
}

void pf_display_sound(struct pf_display *d, struct pf_audio_place *out)
{
	*out = (struct pf_audio_place){0};
	if (d->impl->sound)
		d->impl->sound(d, out);
}

int pf_display_set_mode(struct pf_display *d, struct pf_mode mode, struct pf_reason *reason)
{
	int rc = check_mode(mode, reason);
	if (rc < 0 || pf_mode_equal(d->mode, mode))
		return rc;
	if (!d->impl->set_mode)
		return pf_reason(reason, PF_ERR_UNSUPPORTED, "%s displays keep their mode", d->impl->name);
	rc = d->impl->set_mode(d, mode, reason);
	if (rc == PF_OK)
		d->mode = mode;
	return rc;
}

int pf_display_check(struct pf_display *d, struct pf_reason *reason)
{
	return d->impl->check(d, reason);
}

void pf_display_destroy(struct pf_display *d)
{
	if (d)
		d->impl->destroy(d);
}

int pf_display_runtime_root(char *out, size_t cap)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int n = xdg && xdg[0] == '/' ? snprintf(out, cap, "%s/punktfunk", xdg)
				     : snprintf(out, cap, "/tmp/punktfunk-%u", (unsigned)geteuid());
	return n > 0 && (size_t)n < cap ? PF_OK : PF_ERR_LIMIT;
}
