/*
 * Which requests for a keyframe are granted (native-media 5.6): an IDR is large, and one forced for each
 * request of a client in trouble makes the trouble worse. Pure; any monotonic clock; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_KEYFRAME_COOLDOWN_NS 750000000ll
/* Encoders whose IDR is no larger than any other picture: what one costs is a moment's sharpness. */
#define PF_KEYFRAME_COOLDOWN_SMALL_NS 300000000ll
#define PF_KEYFRAME_COOLDOWN_WAVE_NS  2000000000ll /* encoders that mark intra-refresh recovery */

struct pf_keyframe_gate {
	int64_t base_ns;
	unsigned factor; /* of the cooldown: 1, 2 or 4 */
	unsigned echoes; /* requests in a row taken for echoes of an RFI */
	bool forced, requested, rfi_granted;
	bool idr_judged;                         /* the last IDR was already found not to have healed */
	int64_t forced_ns, requested_ns, rfi_ns; /* of the last one */
};

enum pf_keyframe_verdict {
	PF_KEYFRAME_FORCE,
	PF_KEYFRAME_ECHO,     /* swallowed: the RFI just granted answers it */
	PF_KEYFRAME_COOLDOWN, /* swallowed: too soon; references can no longer be trusted */
};

void pf_keyframe_gate_init(struct pf_keyframe_gate *g, int64_t cooldown_ns);
/* A RequestKeyframe. PF_KEYFRAME_FORCE counts as the IDR being made now. */
enum pf_keyframe_verdict pf_keyframe_gate_request(struct pf_keyframe_gate *g, int64_t now_ns);
/* An RfiRequest that the encoder cannot answer: as a request, but never taken for an echo. */
enum pf_keyframe_verdict pf_keyframe_gate_rfi_declined(struct pf_keyframe_gate *g, int64_t now_ns);
/* An RfiRequest that is answered by a picture with good references. */
void pf_keyframe_gate_rfi_granted(struct pf_keyframe_gate *g, int64_t now_ns);
/* The client is known to have the last IDR: what it asks for from now on is a new loss. */
void pf_keyframe_gate_healed(struct pf_keyframe_gate *g);
/* An IDR for another reason: the first picture, a rebuild, a capture stall. It starts the cooldown, but a
 * request behind it does not lengthen it: nobody had asked for this one. */
void pf_keyframe_gate_forced(struct pf_keyframe_gate *g, int64_t now_ns);
