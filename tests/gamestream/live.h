/* Input lines from standard input, taken as they come. */
#pragma once

#include "input.h"

enum { GSC_LINE_MAX = 4096 };

struct gsc_live {
	int fd; /* -1: closed, or not wanted */
	char line[GSC_LINE_MAX];
	size_t len;
};

void gsc_live_read(struct gsc_live *l, struct gsc_input *in);
