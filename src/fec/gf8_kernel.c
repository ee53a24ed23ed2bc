#include "fec/gf8_kernel.h"

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
	const struct pf_gf8_kernel *kernel;
	bool (*usable)(void);
} kernels[] = {
#ifdef __x86_64__
	{&pf_gf8_kernel_avx2, has_avx2},
#endif
	{&pf_gf8_kernel_c, always},
};

const struct pf_gf8_kernel *pf_gf8_kernel_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		bool wanted = !name || strcmp(name, kernels[i].kernel->name) == 0;
		if (wanted && kernels[i].usable())
			return kernels[i].kernel;
	}
	return NULL;
}
