/* Distances and amounts that come in parts. Pure. */
#pragma once

#include <limits.h>
#include <stdint.h>

/* Stops at the ends of the range. */
static inline int pf_amount_add(int a, int b)
{
	int64_t v = (int64_t)a + b;
	return v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN : (int)v;
}

/* Whole units of what has come together; the rest stays in *residue, and a turn begins anew. */
static inline int pf_amount_take_whole(int *residue, int amount, int unit)
{
	if ((*residue > 0) != (amount > 0))
		*residue = 0;
	*residue += amount;
	int whole = *residue / unit;
	*residue -= whole * unit;
	return whole;
}
