#include "fec/tier.h"

#include <stdbool.h>
#include <string.h>

static bool always(void)
{
	return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#endif

/* Best first. */
static const struct {
	struct pf_fec_tier tier;
	bool (*usable)(void);
} tiers[] = {
#ifdef __x86_64__
	{{&pf_gf16_kernel_avx2, &pf_gf8_kernel_avx2}, has_avx2},
#endif
	{{&pf_gf16_kernel_c, &pf_gf8_kernel_c}, always},
};

const struct pf_fec_tier *pf_fec_tier_find(const char *name)
{
	for (size_t i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
		bool wanted = !name || strcmp(name, tiers[i].tier.gf16->name) == 0;
		if (wanted && tiers[i].usable())
			return &tiers[i].tier;
	}
	return NULL;
}
