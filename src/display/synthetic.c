/* A display that is nothing but a made-up picture, for tests and --source synthetic. */
#include <stdlib.h>

#include "display/display.h"

static int probe(const struct pf_display_params *params, struct pf_reason *reason)
{
	return PF_OK;
}

static int create(struct pf_display **out, const struct pf_display_params *params, struct pf_reason *reason)
{
	struct pf_display *d = malloc(sizeof(*d));
	if (!d)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	*d = (struct pf_display){.impl = &pf_display_synthetic, .mode = params->mode};
	*out = d;
	return PF_OK;
}

static int open_capture(struct pf_display *d, struct pf_capture **out, struct pf_reason *reason)
{
	int rc = pf_capture_synthetic_create(out, d->mode, true);
	return rc < 0 ? pf_reason(reason, rc, "no synthetic picture: %s", pf_strerror(rc)) : rc;
}

static int check(struct pf_display *d, struct pf_reason *reason)
{
	return PF_OK;
}

static void destroy(struct pf_display *d)
{
	free(d);
}

const struct pf_display_impl pf_display_synthetic = {
	.name = "synthetic",
	.probe = probe,
	.create = create,
	.open_capture = open_capture,
	.check = check,
	.destroy = destroy,
};
