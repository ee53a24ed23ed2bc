/* What the host did against the specification. One list for the process. */
#pragma once

#include <jansson.h>

void gsc_violation(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
unsigned gsc_violation_count(void);
/* The first few texts; of one kind (one format) at most three. */
json_t *gsc_violation_texts(void);
/* One line each on stderr, for the commands that print no report. */
void gsc_violations_print(void);
