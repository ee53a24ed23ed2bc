/* The products of kernel.h, part of kernel_body.h: sums of up to PRODUCT_ROWS rows of a column stay in registers. */

INLINE struct pair load_operand(const struct pf_fec_product *p, unsigned c, size_t at, const bool words)
{
	const uint8_t *in = p->in[c] + at;
	return words ? fold(p->tables, load_wire(in, p->bytes - at)) : load_column(in);
}

INLINE unsigned coefficient(const struct pf_fec_product *p, size_t i, const bool words)
{
	return words ? p->words_of[i] : p->bytes_of[i];
}

/* What input c adds to each sum. */
INLINE void add_column(const struct pf_fec_product *p, unsigned row, const unsigned rows, unsigned c,
	size_t at, const bool words, const bool wide, struct pair *sum)
{
	struct pair in = load_operand(p, c, at, words);
	PF_FEC_UNROLL
	for (unsigned r = 0; r < rows; r++) {
		unsigned word = coefficient(p, (row + r) * p->stride + c, words);
		sum[r] = add_product(p->tables, sum[r], word, wide, in);
	}
}

/* The column at `at` of the outputs [row, row + rows), where rows is a constant. */
INLINE void product_block(
	const struct pf_fec_product *p, unsigned row, const unsigned rows, size_t at, const bool words)
{
	const struct pf_fec_tables *t = p->tables;
	unsigned narrow = words ? p->narrow : p->columns, c = 0;
	struct pair sum[PRODUCT_ROWS];
	PF_FEC_UNROLL
	for (unsigned r = 0; r < rows; r++)
		sum[r] = pair_zero();
	for (; PRODUCT_COLUMNS > 1 && c + 2 <= narrow; c += 2) {
		struct pair x = load_operand(p, c, at, words), y = load_operand(p, c + 1, at, words);
		PF_FEC_UNROLL
		for (unsigned r = 0; r < rows; r++) {
			size_t i = (row + r) * p->stride + c;
			multiplier mx = table_of(t, coefficient(p, i, words)),
				   my = table_of(t, coefficient(p, i + 1, words));
			sum[r].a = add3(sum[r].a, multiply(mx, x.a), multiply(my, y.a));
			sum[r].b = add3(sum[r].b, multiply(mx, x.b), multiply(my, y.b));
		}
	}
	for (; c < narrow; c++)
		add_column(p, row, rows, c, at, words, false, sum);
	for (; words && c < p->columns; c++)
		add_column(p, row, rows, c, at, words, true, sum);
	PF_FEC_UNROLL
	for (unsigned r = 0; r < rows; r++) {
		uint8_t *out = p->out[row + r] + at;
		if (words && p->scale)
			sum[r] = add_product(t, pair_zero(), p->scale[row + r], true, sum[r]);
		if (words)
			store_wire(out, p->bytes - at, fold(t, sum[r]));
		else
			store_column(out, sum[r]);
	}
}

INLINE void product_rows(
	const struct pf_fec_product *p, unsigned row, unsigned rows, size_t at, const bool words)
{
	switch (rows) {
	case 1:
		product_block(p, row, 1, at, words);
		break;
	case 2:
		product_block(p, row, 2, at, words);
		break;
	case 3:
		product_block(p, row, 3, at, words);
		break;
#if PRODUCT_ROWS > 4
	case 4:
		product_block(p, row, 4, at, words);
		break;
	case 5:
		product_block(p, row, 5, at, words);
		break;
#endif
	default:
		product_block(p, row, PRODUCT_ROWS, at, words);
		break;
	}
}

INLINE void product_column(const struct pf_fec_product *p, size_t at, const bool words)
{
	unsigned blocks = (p->rows + PRODUCT_ROWS - 1) / PRODUCT_ROWS, row = 0;
	for (; blocks > 0; blocks--) {
		unsigned rows = (p->rows - row + blocks - 1) / blocks;
		product_rows(p, row, rows, at, words);
		row += rows;
	}
}

/* Rows that are shorter than a column, in one that is long enough. */
TARGET static void product_short(const struct pf_fec_product *p)
{
	for (unsigned r = 0; r < p->rows; r++) {
		struct pair sum = pair_zero();
		uint8_t column[COLUMN] = {0};
		for (unsigned c = 0; c < p->columns; c++) {
			memcpy(column, p->in[c], p->bytes);
			sum = add_product(
				p->tables, sum, p->bytes_of[r * p->stride + c], false, load_column(column));
		}
		store_column(column, sum);
		memcpy(p->out[r], column, p->bytes);
	}
}

TARGET static void product(const struct pf_fec_product *p)
{
	size_t at = 0;
	if (p->words_of) {
		for (; at < p->bytes; at += COLUMN)
			product_column(p, at, true);
	} else if (p->bytes < COLUMN) {
		product_short(p);
	} else {
		for (; at + COLUMN <= p->bytes; at += COLUMN)
			product_column(p, at, false);
		/* The last bytes together with some that are done already. */
		if (at < p->bytes)
			product_column(p, p->bytes - COLUMN, false);
	}
}
