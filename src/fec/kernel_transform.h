/*
 * The transforms of kernel.h, part of kernel_body.h: a chunk goes through in passes of up to LAYERS layers, each of which
 * holds 2^LAYERS rows of a column in registers.
 */

#define ROWS (1 << LAYERS)

INLINE void ifft_step(
	const struct pf_fec_tables *t, unsigned word, const bool wide, struct pair *x, struct pair *y)
{
	*y = pair_add(*y, *x);
	*x = add_product(t, *x, word, wide, *y);
}

INLINE void fft_step(
	const struct pf_fec_tables *t, unsigned word, const bool wide, struct pair *x, struct pair *y)
{
	*x = add_product(t, *x, word, wide, *y);
	*y = pair_add(*y, *x);
}

/* The coefficients of one group: of the lowest of three layers w[0..3], of the next ones w[4..5] and w[6]. */
struct words {
	unsigned at[7];
};

INLINE unsigned word_of(const struct pf_fec_chunk *c, unsigned layer, size_t group, const bool bytes)
{
	size_t position = c->base + group;
	return bytes ? c->skew[layer][position] : (unsigned)(position >> layer);
}

INLINE struct words words_of(
	const struct pf_fec_chunk *c, unsigned first, size_t group, const unsigned layers, const bool bytes)
{
	size_t two = (size_t)2 << first;
	struct words w = {{word_of(c, first, group, bytes)}};
	if (layers > 1) {
		w.at[1] = word_of(c, first, group + two, bytes);
		w.at[4] = word_of(c, first + 1, group, bytes);
	}
	if (layers > 2) {
		w.at[2] = word_of(c, first, group + 2 * two, bytes);
		w.at[3] = word_of(c, first, group + 3 * two, bytes);
		w.at[5] = word_of(c, first + 1, group + 2 * two, bytes);
		w.at[6] = word_of(c, first + 2, group, bytes);
	}
	return w;
}

/* `layers` layers on v[0 .. 2^layers). The `wide` lowest ones have words that are no bytes. */
INLINE void ifft_rows(const struct pf_fec_tables *t, const struct words *w, const unsigned layers,
	const unsigned wide, struct pair *v)
{
	ifft_step(t, w->at[0], wide > 0, &v[0], &v[1]);
	if (layers > 1)
		ifft_step(t, w->at[1], wide > 0, &v[2], &v[3]);
	if (layers > 2) {
		ifft_step(t, w->at[2], wide > 0, &v[4], &v[5]);
		ifft_step(t, w->at[3], wide > 0, &v[6], &v[7]);
	}
	if (layers > 1) {
		ifft_step(t, w->at[4], wide > 1, &v[0], &v[2]);
		ifft_step(t, w->at[4], wide > 1, &v[1], &v[3]);
	}
	if (layers > 2) {
		ifft_step(t, w->at[5], wide > 1, &v[4], &v[6]);
		ifft_step(t, w->at[5], wide > 1, &v[5], &v[7]);
		ifft_step(t, w->at[6], wide > 2, &v[0], &v[4]);
		ifft_step(t, w->at[6], wide > 2, &v[1], &v[5]);
		ifft_step(t, w->at[6], wide > 2, &v[2], &v[6]);
		ifft_step(t, w->at[6], wide > 2, &v[3], &v[7]);
	}
}

INLINE void fft_rows(const struct pf_fec_tables *t, const struct words *w, const unsigned layers,
	const unsigned wide, struct pair *v)
{
	if (layers > 2) {
		fft_step(t, w->at[6], wide > 2, &v[0], &v[4]);
		fft_step(t, w->at[6], wide > 2, &v[1], &v[5]);
		fft_step(t, w->at[6], wide > 2, &v[2], &v[6]);
		fft_step(t, w->at[6], wide > 2, &v[3], &v[7]);
		fft_step(t, w->at[5], wide > 1, &v[4], &v[6]);
		fft_step(t, w->at[5], wide > 1, &v[5], &v[7]);
	}
	if (layers > 1) {
		fft_step(t, w->at[4], wide > 1, &v[0], &v[2]);
		fft_step(t, w->at[4], wide > 1, &v[1], &v[3]);
	}
	fft_step(t, w->at[0], wide > 0, &v[0], &v[1]);
	if (layers > 1)
		fft_step(t, w->at[1], wide > 0, &v[2], &v[3]);
	if (layers > 2) {
		fft_step(t, w->at[2], wide > 0, &v[4], &v[5]);
		fft_step(t, w->at[3], wide > 0, &v[6], &v[7]);
	}
}

/* Some layers of a whole chunk, from the one that pairs rows 2^first apart. */
struct pass {
	unsigned first;
	const uint8_t *from; /* columns of this kernel, unless the direction says the chunk's inputs */
	uint8_t *to;         /* likewise, or its outputs */
	bool add;            /* to what is there */
};

INLINE struct pair load_in(const struct pf_fec_chunk *c, size_t row, const bool bytes)
{
	const uint8_t *in = c->in[row] + c->at;
	if (bytes)
		return add_product(c->tables, pair_zero(), c->scale, false, load_column(in));
	return fold(c->tables, load_wire(in, c->left));
}

INLINE void store_out(const struct pf_fec_chunk *c, size_t row, struct pair v, const bool bytes)
{
	uint8_t *out = row < c->room ? c->out[row] : NULL;
	if (out && bytes)
		store_column(out + c->at, v);
	else if (out)
		store_wire(out + c->at, c->left, fold(c->tables, v));
}

enum direction { INVERSE_OF_IN, INVERSE, FORWARD, FORWARD_TO_OUT };

/* The groups of rows from `begin` to `end`, but for those that lead to nothing that is wanted. */
INLINE void run_groups(const struct pf_fec_chunk *chunk, const struct pass *pass, size_t begin, size_t end,
	const unsigned layers, const enum direction direction, const unsigned wide, const bool bytes)
{
	/* Copies: what is stored could change the originals, for all that the compiler knows. */
	const struct pf_fec_tables tables = *chunk->tables;
	const struct pf_fec_chunk c = *chunk;
	const struct pass p = *pass;
	const unsigned rows = 1u << layers;
	const unsigned first = direction == INVERSE_OF_IN || direction == FORWARD_TO_OUT ? 0 : p.first;
	size_t step = (size_t)1 << first, stride = step * COLUMN;
	for (size_t group = begin; group < end; group += step << layers) {
		if (direction >= FORWARD && c.wanted[group] == c.wanted[group + (step << layers)])
			continue;
		const struct words w = words_of(&c, first, group, layers, bytes);
		for (size_t row = group; row < group + step; row++) {
			struct pair v[ROWS];
			PF_FEC_UNROLL
			for (unsigned i = 0; i < rows; i++)
				v[i] = direction == INVERSE_OF_IN
					       ? load_in(&c, row + i, bytes)
					       : load_column(p.from + row * COLUMN + i * stride);
			if (direction >= FORWARD)
				fft_rows(&tables, &w, layers, wide, v);
			else
				ifft_rows(&tables, &w, layers, wide, v);
			uint8_t *to = p.to + row * COLUMN;
			if (direction < FORWARD && p.add) {
				PF_FEC_UNROLL
				for (unsigned i = 0; i < rows; i++)
					v[i] = pair_add(v[i], load_column(to + i * stride));
			}
			PF_FEC_UNROLL
			for (unsigned i = 0; i < rows; i++) {
				if (direction == FORWARD_TO_OUT)
					store_out(&c, row + i, v[i], bytes);
				else
					store_column(to + i * stride, v[i]);
			}
		}
	}
}

typedef void run(const struct pf_fec_chunk *c, const struct pass *p, size_t begin, size_t end);

/* Not inlined: each has the registers for itself. */
#define GROUPS(direction, layers, name, wide, bytes)                                          \
	TARGET static __attribute__((noinline)) void direction##_##layers##_##name(           \
		const struct pf_fec_chunk *c, const struct pass *p, size_t begin, size_t end) \
	{                                                                                     \
		run_groups(c, p, begin, end, layers, direction, wide, bytes);                 \
	}
#define GROUPS_OF(direction, layers)                   \
	GROUPS(direction, layers, narrow, 0, false)    \
	GROUPS(direction, layers, mixed, 1, false)     \
	GROUPS(direction, layers, wide, layers, false) \
	GROUPS(direction, layers, bytes, 0, true)
#define TABLE_OF(direction, layers)                                                                       \
	{                                                                                                 \
		direction##_##layers##_narrow, direction##_##layers##_mixed, direction##_##layers##_wide, \
			direction##_##layers##_bytes                                                      \
	}
#if LAYERS > 2
#define ALL_GROUPS_OF(direction) GROUPS_OF(direction, 1) GROUPS_OF(direction, 2) GROUPS_OF(direction, 3)
#define ALL_TABLES_OF(direction)                                                       \
	{                                                                              \
		TABLE_OF(direction, 1), TABLE_OF(direction, 2), TABLE_OF(direction, 3) \
	}
#else
#define ALL_GROUPS_OF(direction) GROUPS_OF(direction, 1) GROUPS_OF(direction, 2)
#define ALL_TABLES_OF(direction)                               \
	{                                                      \
		TABLE_OF(direction, 1), TABLE_OF(direction, 2) \
	}
#endif

ALL_GROUPS_OF(INVERSE_OF_IN)
ALL_GROUPS_OF(INVERSE)
ALL_GROUPS_OF(FORWARD)
ALL_GROUPS_OF(FORWARD_TO_OUT)

/* By direction, layers, and whether the words of no layer, of the lowest one, or of more are wide; or bytes. */
enum { BYTES = 3 };
static run *const groups[][LAYERS][4] = {ALL_TABLES_OF(INVERSE_OF_IN), ALL_TABLES_OF(INVERSE),
	ALL_TABLES_OF(FORWARD), ALL_TABLES_OF(FORWARD_TO_OUT)};

/* Words become smaller by a bit per layer; those of one layer of a group are on the same side of 256. A wide product of
 * a byte is right, if slow. */
static void run_pass(
	const struct pf_fec_chunk *c, const struct pass *p, unsigned layers, enum direction direction)
{
	size_t rows = direction >= FORWARD ? (size_t)1 << c->level : c->used, begin = 0;
	if (c->skew) {
		groups[direction][layers - 1][BYTES](c, p, 0, rows);
		return;
	}
	for (unsigned wide = 0; wide < 3 && begin < rows; wide++) {
		size_t border = wide < 2 ? (size_t)256 << (p->first + wide) : SIZE_MAX;
		if (border <= c->base)
			continue;
		size_t end = border - c->base < rows ? border - c->base : rows;
		groups[direction][layers - 1][wide](c, p, begin, end);
		begin = end;
	}
}

/* Passes of equal size, as far as that goes: three layers and one cost more than two and two. */
static unsigned pass_layers(unsigned layers)
{
	unsigned passes = (layers + LAYERS - 1) / LAYERS;
	return (layers + passes - 1) / passes;
}

TARGET static void ifft(const struct pf_fec_chunk *c)
{
	struct pass p = {.to = c->work}, last = {.to = c->sum, .add = c->add};
	if (c->level == 0) {
		struct pair v = c->skew ? load_in(c, 0, true) : load_in(c, 0, false);
		store_column(c->sum, c->add ? pair_add(v, load_column(c->sum)) : v);
		return;
	}
	unsigned layers = pass_layers(c->level);
	run_pass(c, layers == c->level ? &last : &p, layers, INVERSE_OF_IN);
	size_t size = (size_t)1 << layers, filled = (c->used + size - 1) & ~(size - 1);
	if (layers < c->level)
		memset(c->work + filled * COLUMN, 0, (((size_t)1 << c->level) - filled) * COLUMN);
	p.from = last.from = c->work;
	while ((p.first += layers) < c->level) {
		last.first = p.first;
		layers = pass_layers(c->level - p.first);
		run_pass(c, p.first + layers == c->level ? &last : &p, layers, INVERSE);
	}
}

/* What repair asks for. */
TARGET static void store_adjusted(const struct pf_fec_chunk *c)
{
	/* Beyond `room` nothing is stored, and `plus` has no row to be read. */
	for (size_t row = 0; row < (size_t)1 << c->level && row < c->room; row++) {
		if (c->wanted[row] == c->wanted[row + 1])
			continue;
		struct pair v = load_column(c->work + row * COLUMN);
		if (c->skew) {
			store_out(c, row, pair_add(v, load_column(c->plus[row] + c->at)), true);
			continue;
		}
		if (c->plus)
			v = pair_add(v, fold(c->tables, load_wire(c->plus[row] + c->at, c->left)));
		if (c->factor)
			v = add_product(c->tables, pair_zero(), c->factor[row], true, v);
		store_out(c, row, v, false);
	}
}

TARGET static void fft(const struct pf_fec_chunk *c)
{
	bool adjusted = c->plus || c->factor;
	struct pass p = {.first = c->level, .from = c->sum, .to = c->work};
	if (c->level == 0 && adjusted)
		memcpy(c->work, c->sum, COLUMN);
	else if (c->level == 0)
		store_out(c, 0, load_column(c->sum), c->skew != NULL);
	while (p.first > 0) {
		unsigned layers = pass_layers(p.first);
		p.first -= layers;
		run_pass(c, &p, layers, p.first > 0 || adjusted ? FORWARD : FORWARD_TO_OUT);
		p.from = c->work;
	}
	if (adjusted)
		store_adjusted(c);
}
