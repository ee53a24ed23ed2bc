#include "client/rfi.h"

#include "proto/native/caps.h"

/* Adds first..last to what is missing; it always lies behind what was missing before. */
static void note_missing(struct pf_rfi *r, uint32_t first, uint32_t last)
{
	if (!r->missing)
		r->first_missing = first;
	r->missing = true;
	r->last_missing = last;
}

static bool too_soon(bool asked, int64_t asked_ns, int64_t now_ns)
{
	return asked && now_ns - asked_ns < PF_RFI_SPACING_NS;
}

static struct pf_rfi_ask ask(struct pf_rfi *r, int64_t now_ns)
{
	struct pf_rfi_ask nothing = {.kind = PF_RFI_NOTHING};
	if (!r->missing || too_soon(r->asked, r->asked_ns, now_ns))
		return nothing;
	if (r->last_missing - r->first_missing >= PF_RFI_SPAN_MAX) {
		if (!pf_rfi_keyframe(r, now_ns))
			return nothing;
		r->missing = false;
		return (struct pf_rfi_ask){.kind = PF_RFI_KEYFRAME};
	}
	r->asked = true;
	r->asked_ns = now_ns;
	r->missing = false;
	return (struct pf_rfi_ask){.kind = PF_RFI_RANGE, .first = r->first_missing, .last = r->last_missing};
}

struct pf_rfi_ask pf_rfi_delivered(struct pf_rfi *r, uint32_t frame_index, bool clean, int64_t now_ns)
{
	uint32_t step = frame_index - r->last_index;
	bool forward = !r->started || (step > 0 && step < UINT32_C(1) << 31);
	if (!forward)
		return (struct pf_rfi_ask){.kind = PF_RFI_NOTHING};
	if (r->started && step > 1)
		note_missing(r, r->last_index + 1, frame_index - 1);
	if (clean)
		r->missing = false;
	r->started = true;
	r->last_index = frame_index;
	return ask(r, now_ns);
}

bool pf_rfi_keyframe(struct pf_rfi *r, int64_t now_ns)
{
	if (too_soon(r->key_asked, r->key_asked_ns, now_ns))
		return false;
	r->key_asked = true;
	r->key_asked_ns = now_ns;
	return true;
}
