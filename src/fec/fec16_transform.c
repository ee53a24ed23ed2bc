#include "fec/fec16_transform.h"

#include <stdalign.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

#define TWIDDLES ((size_t)32768) /* even words */

/*
 * A strip of each row of a chunk is transformed at a time. The lower layers mix rows that are near, and go
 * over as many of them as the first-level cache holds beside the sums; the upper layers go over the whole
 * chunk, which the second-level cache should hold. Longer strips use each multiplication table longer.
 */
#define NEAR_BYTES  ((size_t)16 * 1024)
#define CHUNK_BYTES ((size_t)256 * 1024)
#define STRIP_MIN   ((size_t)64)
#define STRIP_GOOD  ((size_t)256)
#define STRIP_MAX   ((size_t)4096)

/* What one call works with; the arrays have one entry per row of a chunk. */
struct run {
	struct pf_fec16_transform *t;
	unsigned level;
	unsigned near; /* layers below this one are done on 2^near rows at a time */
	size_t chunk;  /* 2^level */
	size_t bytes;  /* of the strip at hand */
	const uint8_t **in;
	uint8_t **out;
	uint8_t **work, **sum; /* of one strip each */
	const uint8_t *zero;
	uint8_t *ignored;
	const uint32_t *wanted; /* wanted[i]: how many outputs before i are wanted */
};

static size_t clamp(size_t v, size_t low, size_t high)
{
	return v < low ? low : v > high ? high : v;
}

static size_t strip_bytes(unsigned level)
{
	if (NEAR_BYTES >> level >= STRIP_GOOD)
		return clamp(NEAR_BYTES >> level, STRIP_GOOD, STRIP_MAX);
	return clamp(CHUNK_BYTES >> level, STRIP_MIN, STRIP_GOOD);
}

/* To the next multiple of 2^level. */
static size_t round_up(size_t n, unsigned level)
{
	size_t step = (size_t)1 << level;
	return (n + step - 1) & ~(step - 1);
}

static void make_table(const struct pf_fec16_transform *t, uint16_t word, uint8_t *table)
{
	uint16_t image[16];
	pf_gf16_images(t->field, word, image);
	t->kernel->make_table(table, image);
}

void pf_fec16_make_table(const struct pf_fec16_transform *t, uint32_t log, uint8_t *table)
{
	make_table(t, t->field->exp[log], table);
}

static int reserve_tables(struct pf_fec16_transform *t, size_t count)
{
	if (count <= t->table_count)
		return PF_OK;
	size_t size = t->kernel->table_bytes;
	if (pf_scratch_reserve(&t->tables, count, size))
		return PF_ERR_NOMEM;
	/* Fill what rounding up gave, too: the next shape is likely a little larger. */
	t->table_count = clamp(t->tables.bytes / size, 0, TWIDDLES);
	for (size_t i = 0; i < t->table_count; i++)
		make_table(t, (uint16_t)(2 * i), (uint8_t *)t->tables.p + i * size);
	return PF_OK;
}

int pf_fec16_transform_reserve(struct pf_fec16_transform *t, unsigned level, size_t n_high)
{
	size_t chunk = (size_t)1 << level, high = round_up(n_high, level);
	if (pf_scratch_reserve(&t->memory, 2 * (chunk * strip_bytes(level) + STRIP_MAX), 1) ||
		pf_scratch_reserve(&t->pointers, 4 * chunk, sizeof(void *)) ||
		pf_scratch_reserve(&t->counts, high + 1, sizeof(uint32_t)))
		return PF_ERR_NOMEM;
	return reserve_tables(t, clamp((chunk + high) / 2 + 1, 0, TWIDDLES));
}

void pf_fec16_transform_finish(struct pf_fec16_transform *t)
{
	pf_scratch_finish(&t->tables);
	pf_scratch_finish(&t->memory);
	pf_scratch_finish(&t->pointers);
	pf_scratch_finish(&t->counts);
	t->table_count = 0;
}

static struct run start_run(struct pf_fec16_transform *t, unsigned level)
{
	size_t chunk = (size_t)1 << level, strip = strip_bytes(level);
	uint8_t **rows = t->pointers.p;
	uint8_t *memory = t->memory.p;
	struct run r = {
		.t = t,
		.level = level,
		.near = (unsigned)__builtin_ctzl(NEAR_BYTES / strip),
		.chunk = chunk,
		.in = (const uint8_t **)rows,
		.out = rows + chunk,
		.work = rows + 2 * chunk,
		.sum = rows + 3 * chunk,
		.zero = memory,
		.ignored = memory + STRIP_MAX,
		.wanted = t->counts.p,
	};
	if (r.near > level)
		r.near = level;
	for (size_t i = 0; i < chunk; i++) {
		r.work[i] = memory + 2 * STRIP_MAX + i * strip;
		r.sum[i] = r.work[i] + chunk * strip;
	}
	memset(memory, 0, strip);
	return r;
}

static void count_wanted(struct run *r, uint8_t *const *out, size_t n_out)
{
	uint32_t *wanted = r->t->counts.p, count = 0;
	size_t end = round_up(n_out, r->level);
	for (size_t i = 0; i < end; i++) {
		wanted[i] = count;
		count += i < n_out && out[i];
	}
	wanted[end] = count;
}

/* Points r->in to the strip at `at` of one chunk of inputs and returns how many rows may be non-zero. */
static size_t take_inputs(struct run *r, const uint8_t *const *in, size_t n_in, size_t at)
{
	size_t used = 0;
	for (size_t i = 0; i < r->chunk; i++) {
		bool there = i < n_in && in[i];
		r->in[i] = there ? in[i] + at : r->zero;
		if (there)
			used = i + 1;
	}
	return used;
}

static void take_outputs(struct run *r, uint8_t *const *out, size_t n_out, size_t at)
{
	for (size_t i = 0; i < r->chunk; i++)
		r->out[i] = i < n_out && out[i] ? out[i] + at : r->ignored;
}

/* Where the results of a transform go; what is in sum already counts for TO_SUM_ADD. */
enum target { TO_WORK, TO_SUM, TO_SUM_ADD };

/*
 * The layers [from, to) of an inverse transform of the chunk at `base`, on the rows [begin, end) and what
 * these reach; rows from `end` on are zero. r->in follows where the rows are. Returns the new end.
 */
static size_t ifft_layers(
	struct run *r, size_t base, unsigned from, unsigned to, size_t begin, size_t end, enum target target)
{
	const struct pf_gf16_kernel *k = r->t->kernel;
	size_t in_work = from == 0 ? begin : end; /* rows below have left the input */
	for (unsigned d = from; d < to; d++) {
		bool last = d + 1 == r->level;
		end = round_up(end, d + 1);
		struct pf_gf16_layer layer = {
			.dst = last && target != TO_WORK ? r->sum : r->work,
			.src = r->in,
			.bytes = r->bytes,
			.dist = 1u << d,
			.begin = (unsigned)(begin >> (d + 1)),
			.end = (unsigned)(end >> (d + 1)),
			.tables = r->t->tables.p,
			.first = base >> (d + 1),
		};
		(last && target == TO_SUM_ADD ? k->ifft_add : k->ifft)(&layer);
		for (; in_work < end; in_work++)
			r->in[in_work] = r->work[in_work];
	}
	return end;
}

/* Transforms the rows of r->in, zero from `used` (at least 1) on, as the chunk at `base`. */
static void ifft(struct run *r, size_t base, size_t used, enum target target)
{
	if (r->level == 0 && target == TO_SUM_ADD)
		r->t->kernel->add(r->sum[0], r->in[0], r->bytes);
	else if (r->level == 0 && target == TO_SUM)
		memcpy(r->sum[0], r->in[0], r->bytes);

	size_t near_rows = (size_t)1 << r->near, end = 0;
	for (size_t begin = 0; begin < used; begin += near_rows)
		end = ifft_layers(r, base, 0, r->near, begin, clamp(used, 0, begin + near_rows), target);
	ifft_layers(r, base, r->near, r->level, 0, end, target);
}

/* One layer of a transform on the rows [begin, end), for those groups only that lead to a wanted output. */
static void fft_layer(
	struct run *r, size_t base, unsigned d, size_t begin, size_t end, const uint32_t *wanted)
{
	bool first = d + 1 == r->level;
	size_t size = (size_t)2 << d, groups = end >> (d + 1), g = begin >> (d + 1);
	struct pf_gf16_layer layer = {
		.dst = d == 0 ? r->out : r->work,
		.src = (const uint8_t *const *)(first ? r->sum : r->work),
		.bytes = r->bytes,
		.dist = 1u << d,
		.tables = r->t->tables.p,
		.first = base >> (d + 1),
	};
	while (g < groups) {
		while (g < groups && wanted[g * size] == wanted[(g + 1) * size])
			g++;
		layer.begin = (unsigned)g;
		while (g < groups && wanted[g * size] != wanted[(g + 1) * size])
			g++;
		layer.end = (unsigned)g;
		r->t->kernel->fft(&layer);
	}
}

/* Evaluates r->sum, which stays as it is, at the chunk at `base` into r->out. */
static void fft(struct run *r, size_t base, const uint32_t *wanted)
{
	if (r->level == 0)
		memcpy(r->out[0], r->sum[0], r->bytes);

	for (unsigned d = r->level; d-- > r->near;)
		fft_layer(r, base, d, 0, r->chunk, wanted);
	size_t near_rows = (size_t)1 << r->near;
	for (size_t begin = 0; begin < r->chunk; begin += near_rows) {
		for (unsigned d = r->near; d-- > 0;)
			fft_layer(r, base, d, begin, begin + near_rows, wanted);
	}
}

/* A transform over a window gives the sum with this in place of the wanted factor max(x, y) >> level. */
static uint32_t factor_log(const struct run *r, const struct pf_fec16_gather *g, size_t base)
{
	const uint16_t *log = r->t->field->log;
	size_t high = base > g->to ? base : g->to;
	return pf_gf16_log_sub(log[high >> g->level], log[(base ^ g->to) >> g->window]);
}

static void add_scaled(struct run *r, uint32_t log, bool add)
{
	const struct pf_gf16_kernel *k = r->t->kernel;
	alignas(64) uint8_t table[PF_GF16_TABLE_MAX];
	pf_fec16_make_table(r->t, log, table);
	for (size_t i = 0; i < r->chunk; i++)
		(add ? k->mul_add : k->mul)(r->sum[i], r->in[i], r->bytes, table);
}

static void gather_strip(
	struct run *r, const struct pf_fec16_gather *g, const uint8_t *const *in, size_t n_in, size_t at)
{
	bool any = false;
	for (size_t s = 0; s < n_in; s += r->chunk) {
		size_t base = g->from + s, used = take_inputs(r, in + s, n_in - s, at);
		if (used == 0)
			continue;
		uint32_t log = factor_log(r, g, base);
		if (log == 0) {
			ifft(r, base, used, any ? TO_SUM_ADD : TO_SUM);
		} else {
			ifft(r, base, used, TO_WORK);
			add_scaled(r, log, any);
		}
		any = true;
	}
	for (size_t i = 0; !any && i < r->chunk; i++)
		memset(r->sum[i], 0, r->bytes);
}

void pf_fec16_gather(struct pf_fec16_transform *t, const struct pf_fec16_gather *g, const uint8_t *const *in,
	size_t n_in, uint8_t *const *out, size_t n_out, size_t bytes)
{
	struct run r = start_run(t, g->window);
	count_wanted(&r, out, n_out);
	size_t strip = strip_bytes(g->window);
	for (size_t at = 0; at < bytes; at += strip) {
		r.bytes = bytes - at < strip ? bytes - at : strip;
		gather_strip(&r, g, in, n_in, at);
		take_outputs(&r, out, n_out, at);
		fft(&r, g->to, r.wanted);
	}
}

void pf_fec16_spread(struct pf_fec16_transform *t, unsigned level, const uint8_t *const *in, size_t n_in,
	uint8_t *const *out, size_t n_out, size_t bytes)
{
	struct run r = start_run(t, level);
	count_wanted(&r, out, n_out);
	size_t strip = strip_bytes(level);
	for (size_t at = 0; at < bytes; at += strip) {
		r.bytes = bytes - at < strip ? bytes - at : strip;
		size_t used = take_inputs(&r, in, n_in, at);
		ifft(&r, 0, used > 0 ? used : 1, TO_SUM);
		for (size_t s = 0; s < n_out; s += r.chunk) {
			if (r.wanted[s] == r.wanted[s + r.chunk])
				continue;
			take_outputs(&r, out + s, n_out - s, at);
			fft(&r, r.chunk + s, r.wanted + s);
		}
	}
}
