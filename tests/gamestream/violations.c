#include "violations.h"

#include <stdarg.h>
#include <stdio.h>

enum { KEPT = 24, PER_KIND = 3, TEXT = 240 };

static struct {
	const char *kind;
	char text[TEXT];
} kept[KEPT];
static unsigned kept_count;
static unsigned total;

void gsc_violation(const char *fmt, ...)
{
	unsigned same = 0;
	total++;
	for (unsigned i = 0; i < kept_count; i++)
		same += kept[i].kind == fmt;
	if (same >= PER_KIND || kept_count == KEPT)
		return;
	va_list args;
	va_start(args, fmt);
	kept[kept_count].kind = fmt;
	vsnprintf(kept[kept_count].text, TEXT, fmt, args);
	va_end(args);
	kept_count++;
}

unsigned gsc_violation_count(void)
{
	return total;
}

json_t *gsc_violation_texts(void)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < kept_count; i++) {
		json_t *text = json_string(kept[i].text);
		json_array_append_new(list, text ? text : json_string("(text that is not UTF-8)"));
	}
	return list;
}

void gsc_violations_print(void)
{
	for (unsigned i = 0; i < kept_count; i++)
		fprintf(stderr, "violation: %s\n", kept[i].text);
}
