#include "live.h"

#include "violations.h"

#include <unistd.h>

static void take_line(struct gsc_live *l, struct gsc_input *in)
{
	l->line[l->len] = 0;
	l->len = 0;
	if (!gsc_input_line(in, l->line))
		gsc_violation("not an input line: %s", l->line);
}

void gsc_live_read(struct gsc_live *l, struct gsc_input *in)
{
	char bytes[4096];
	ssize_t n = read(l->fd, bytes, sizeof(bytes));
	if (n <= 0)
		l->fd = -1;
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			take_line(l, in);
		else if (l->len < GSC_LINE_MAX - 1)
			l->line[l->len++] = bytes[i];
	}
}
