#include "session/grants.h"

#include <limits.h>

#include "proto/native/caps.h"

static const unsigned warning_s[] = {300, 60};

/* The nearest warning that so many seconds are past; UINT_MAX before the first. */
static unsigned passed_warning(int64_t left_s)
{
	unsigned passed = UINT_MAX;
	for (unsigned i = 0; i < sizeof(warning_s) / sizeof(warning_s[0]); i++) {
		if (left_s <= warning_s[i])
			passed = warning_s[i];
	}
	return passed;
}

void pf_grants_set(struct pf_grants *g, const struct pf_access *access, int64_t now_unix)
{
	g->access = *access;
	g->warned_s = passed_warning(access->expires_unix - now_unix);
}

uint32_t pf_grants_mask(const struct pf_grants *g)
{
	return pf_grants_of_stored(g->access.grants) & PF_GRANT_ALL;
}

bool pf_grants_allow(struct pf_grants *g, unsigned needed)
{
	bool allowed = needed != 0 && (pf_grants_mask(g) & needed) == needed;
	if (allowed)
		g->taken++;
	else
		g->refused++;
	return allowed;
}

uint32_t pf_grants_seconds_left(const struct pf_grants *g, int64_t now_unix)
{
	int64_t left = g->access.expires_unix - now_unix;
	if (g->access.expires_unix == 0)
		return 0;
	if (left < 1)
		return 1;
	return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

enum pf_grants_due pf_grants_look(struct pf_grants *g, int64_t now_unix)
{
	if (g->access.expires_unix == 0)
		return PF_GRANTS_FINE;
	int64_t left = g->access.expires_unix - now_unix;
	if (left <= 0)
		return PF_GRANTS_OVER;
	unsigned passed = passed_warning(left);
	if (passed >= g->warned_s)
		return PF_GRANTS_FINE;
	g->warned_s = passed;
	return PF_GRANTS_WARN;
}
