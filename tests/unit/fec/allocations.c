#include "allocations.h"

#include <stdlib.h>

unsigned allocations_made;
int allocations_left = -1;

void *aligned_alloc(size_t alignment, size_t size)
{
	void *p;
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	allocations_made++;
	return posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}
