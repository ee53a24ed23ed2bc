/*
 * Counts the memory that the codes ask for after creation (all through aligned_alloc, which allocations.c
 * replaces in the test program) and lets it run out.
 */
#pragma once

extern unsigned allocations_made;
/* How many more succeed; negative = all. */
extern int allocations_left;
