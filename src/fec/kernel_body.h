/*
 * The products and transforms of kernel.h, written once for all instruction sets. The file that includes this has defined
 * what follows, and ends with KERNEL(identifier, "name");
 *
 *   TARGET                          attribute of its functions
 *   INLINE                          the same, static and always inlined
 *   vec                             a register of bytes
 *   load(p), store(p, v)            of it, any alignment
 *   zero(), add(a, b), add3(a, b, c)
 *   multiplier, TABLE_BYTES         a table in registers, and in memory
 *   load_multiplier(table), multiply(m, v)
 *   struct pair {vec a, b;}         low and high bytes of as many elements: a column in registers
 *   load_wire(p, left), store_wire(p, left, pair)
 *   make_table
 *   LAYERS                          of a transform that are done in registers at once: 2 or 3
 *   PRODUCT_ROWS                    sums of a product that are kept in registers: up to 6
 *   PRODUCT_COLUMNS                 inputs that are added to them at once: 2 if add3() is one instruction and there are
 *                                   registers for it
 */
#include <string.h>

#define COLUMN (2 * sizeof(vec))

INLINE struct pair load_column(const uint8_t *p)
{
	return (struct pair){load(p), load(p + sizeof(vec))};
}

INLINE void store_column(uint8_t *p, struct pair v)
{
	store(p, v.a);
	store(p + sizeof(vec), v.b);
}

INLINE struct pair pair_zero(void)
{
	return (struct pair){zero(), zero()};
}

INLINE struct pair pair_add(struct pair x, struct pair y)
{
	return (struct pair){add(x.a, y.a), add(x.b, y.b)};
}

INLINE multiplier table_of(const struct pf_fec_tables *t, unsigned i)
{
	return load_multiplier(t->at + (size_t)i * TABLE_BYTES);
}

/* Between the basis of the wire and that of the tower: its own inverse. */
INLINE struct pair fold(const struct pf_fec_tables *t, struct pair v)
{
	return (struct pair){add(v.a, multiply(table_of(t, PF_FEC_TABLES - 1), v.b)), v.b};
}

/* x + t y for a word t, which is a byte when it is not `wide`. */
INLINE struct pair add_product(
	const struct pf_fec_tables *t, struct pair x, unsigned word, const bool wide, struct pair y)
{
	if (!wide) {
		multiplier m = table_of(t, word);
		return (struct pair){add(x.a, multiply(m, y.a)), add(x.b, multiply(m, y.b))};
	}
	unsigned high = word >> 8, low = (word & 255) ^ t->fold[high];
	multiplier aa = table_of(t, low), ab = table_of(t, t->norm[high]);
	multiplier ba = table_of(t, high), bb = table_of(t, low ^ high);
	return (struct pair){
		add3(x.a, multiply(aa, y.a), multiply(ab, y.b)),
		add3(x.b, multiply(ba, y.a), multiply(bb, y.b)),
	};
}

#include "fec/kernel_product.h"
#include "fec/kernel_transform.h"

#define KERNEL(id, text)                                  \
	const struct pf_fec_kernel pf_fec_kernel_##id = { \
		.name = (text),                           \
		.table_bytes = TABLE_BYTES,               \
		.column_bytes = COLUMN,                   \
		.make_table = make_table,                 \
		.product = product,                       \
		.ifft = ifft,                             \
		.fft = fft,                               \
	}
