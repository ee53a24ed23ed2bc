#include "capture/capture.h"

int pf_capture_next(struct pf_capture *c, int timeout_ms, struct pf_frame **out, struct pf_reason *reason)
{
	return c->impl->next(c, timeout_ms, out, reason);
}

void pf_capture_wake(struct pf_capture *c)
{
	c->impl->wake(c);
}

void pf_capture_destroy(struct pf_capture *c)
{
	if (c)
		c->impl->destroy(c);
}
