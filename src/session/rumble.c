#include "session/rumble.h"

#include <stdbool.h>

#define STOP_REPEATS 2

static bool any(const struct pf_rumble_levels *l)
{
	return l->low || l->high || l->left_trigger || l->right_trigger;
}

static void say(struct pf_rumble_law *law, unsigned pad, int64_t now_ns, pf_rumble_emit emit, void *user)
{
	const struct pf_rumble_levels *now = &law->pad[pad].now;
	const struct pf_rumble r = {
		.version = 3,
		.pad = (uint16_t)pad,
		.low = now->low,
		.high = now->high,
		.left_trigger = now->left_trigger,
		.right_trigger = now->right_trigger,
		.seq = ++law->pad[pad].seq,
		.ttl_ms = PF_RUMBLE_TTL_DEFAULT_MS,
	};
	if (any(now))
		law->pad[pad].due_ns = now_ns + PF_RUMBLE_RENEW_NS;
	else
		law->pad[pad].due_ns = law->pad[pad].left > 0 ? now_ns + PF_RUMBLE_STOP_NS : 0;
	emit(user, &r);
}

void pf_rumble_law_set(struct pf_rumble_law *law, unsigned pad, const struct pf_rumble_levels *levels,
	int64_t now_ns, pf_rumble_emit emit, void *user)
{
	law->pad[pad].now = *levels;
	law->pad[pad].left = any(levels) ? 0 : STOP_REPEATS;
	say(law, pad, now_ns, emit, user);
}

int64_t pf_rumble_law_tick(struct pf_rumble_law *law, int64_t now_ns, pf_rumble_emit emit, void *user)
{
	int64_t due_ns = INT64_MAX;
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++) {
		if (law->pad[pad].due_ns && law->pad[pad].due_ns <= now_ns) {
			law->pad[pad].left -= law->pad[pad].left > 0;
			say(law, pad, now_ns, emit, user);
		}
		int64_t its_ns = law->pad[pad].due_ns;
		if (its_ns && its_ns < due_ns)
			due_ns = its_ns;
	}
	return due_ns;
}
