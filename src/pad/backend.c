#include <stddef.h>

#include "pad/pad.h"

const struct pf_pad_impl *pf_pad_backend(enum pf_gamepad kind)
{
	static const struct pf_pad_impl *const backends[] = {&pf_pad_uinput, &pf_pad_uhid};
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (backends[i]->kinds >> kind & 1)
			return backends[i];
	}
	return NULL;
}
