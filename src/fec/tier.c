#include "fec/tier.h"

#include <string.h>

static bool always(void)
{
	return true;
}

#ifdef __x86_64__
static bool has_ssse3(void)
{
	return __builtin_cpu_supports("ssse3");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

static bool has_gfni256(void)
{
	return has_avx2() && __builtin_cpu_supports("gfni");
}

static bool has_gfni512(void)
{
	return has_avx512() && __builtin_cpu_supports("gfni");
}
#endif

/* Best first. */
static const struct {
	const struct pf_fec_kernel *kernel;
	bool (*usable)(void);
} tiers[] = {
#ifdef __x86_64__
	{&pf_fec_kernel_gfni512, has_gfni512},
	{&pf_fec_kernel_gfni256, has_gfni256},
	{&pf_fec_kernel_avx512, has_avx512},
	{&pf_fec_kernel_avx2, has_avx2},
	{&pf_fec_kernel_ssse3, has_ssse3},
#endif
#ifdef __aarch64__
	{&pf_fec_kernel_neon, always},
#endif
	{&pf_fec_kernel_c, always},
};

#define TIERS (sizeof(tiers) / sizeof(tiers[0]))

const char *pf_fec_tier_name(unsigned index)
{
	return index < TIERS ? tiers[index].kernel->name : NULL;
}

const struct pf_fec_kernel *pf_fec_tier_find(const char *name)
{
	for (size_t i = 0; i < TIERS; i++) {
		bool wanted = !name || strcmp(name, tiers[i].kernel->name) == 0;
		if (wanted && tiers[i].usable())
			return tiers[i].kernel;
	}
	return NULL;
}
