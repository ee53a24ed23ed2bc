#include "client/freeze.h"

#include "packet/header.h"

#define RECOVERY_POINTS_NEEDED 2 /* a whole wave lies between two boundaries */

bool pf_freeze_is_clean(uint32_t user_flags)
{
	return (user_flags & (PF_UNIT_KEY | PF_UNIT_RECOVERY_ANCHOR)) != 0;
}

void pf_freeze_loss(struct pf_freeze *f, int64_t now_ns)
{
	if (!f->frozen) {
		f->since_ns = now_ns;
		f->overdue_ns = now_ns + PF_FREEZE_PATIENCE_NS;
	}
	f->frozen = true;
	f->recovery_points = 0;
}

bool pf_freeze_unit(struct pf_freeze *f, uint32_t user_flags, int64_t now_ns, int64_t *held_ns)
{
	if (!f->frozen)
		return false;
	if (user_flags & (PF_UNIT_RECOVERY_POINT | PF_UNIT_RECOVERY_CLOSE)) {
		f->recovery_points++;
		f->overdue_ns = now_ns + PF_FREEZE_WAVE_PATIENCE_NS;
	}
	if (!pf_freeze_is_clean(user_flags) && f->recovery_points < RECOVERY_POINTS_NEEDED)
		return false;
	f->frozen = false;
	*held_ns = now_ns - f->since_ns;
	return true;
}

bool pf_freeze_overdue(struct pf_freeze *f, int64_t now_ns)
{
	if (!f->frozen || now_ns < f->overdue_ns)
		return false;
	f->overdue_ns = now_ns + PF_FREEZE_PATIENCE_NS;
	return true;
}
