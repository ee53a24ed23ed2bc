/*
 * What the client asks for when pictures are missing (native-media 5.4). Pure; any monotonic clock; one
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_RFI_SPACING_NS 100000000ll

/* Zero-initialised: nothing received yet. */
struct pf_rfi {
	bool started;
	uint32_t last_index; /* newest access unit delivered */
	bool missing;        /* first_missing..last_missing is not asked for yet */
	uint32_t first_missing, last_missing;
	bool asked, key_asked;
	int64_t asked_ns, key_asked_ns;
};

enum pf_rfi_kind { PF_RFI_NOTHING, PF_RFI_RANGE, PF_RFI_KEYFRAME };
struct pf_rfi_ask {
	enum pf_rfi_kind kind;
	uint32_t first, last; /* RfiRequest; with PF_RFI_RANGE */
};

/*
 * An access unit was delivered. clean: it needs nothing from before (IDR or recovery anchor), so whatever
 * was missing is forgotten. At most one range per PF_RFI_SPACING_NS; what was missed meanwhile widens the
 * next one, which is asked for with the first unit after that time. A range of more than PF_RFI_SPAN_MAX
 * frames becomes a keyframe request.
 */
struct pf_rfi_ask pf_rfi_delivered(struct pf_rfi *r, uint32_t frame_index, bool clean, int64_t now_ns);
/* For every other reason to ask for a keyframe (no output, freeze overdue, backlog flushed): may one be
 * asked for now? True counts as asked. */
bool pf_rfi_keyframe(struct pf_rfi *r, int64_t now_ns);
