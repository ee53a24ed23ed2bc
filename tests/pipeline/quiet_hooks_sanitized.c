/* With a sanitizer, whose own functions stand before those of the system: it reports memory, and only that is counted. */
#include <sanitizer/allocator_interface.h>
#include <stdlib.h>

#include "quiet_calls.h"

static void note_allocation(const volatile void *p, size_t bytes)
{
	quiet_calls_note(QUIET_ALLOCATIONS);
}

static void note_free(const volatile void *p)
{
	quiet_calls_note(QUIET_FREES);
}

__attribute__((constructor)) static void install(void)
{
	if (!__sanitizer_install_malloc_and_free_hooks(note_allocation, note_free))
		abort();
}
