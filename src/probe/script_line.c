#include "probe/script_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

bool pf_line_init(struct pf_line *l, const char *line, size_t len)
{
	l->at = l->text;
	l->failed = false;
	l->why[0] = l->text[0] = '\0';
	if (len >= sizeof(l->text))
		return false;
	memcpy(l->text, line, len);
	l->text[len] = '\0';
	return true;
}

void pf_line_fail(struct pf_line *l, const char *fmt, ...)
{
	va_list args;
	if (l->failed)
		return;
	l->failed = true;
	va_start(args, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, args);
	va_end(args);
}

char *pf_line_next(struct pf_line *l)
{
	char *word = l->at + strspn(l->at, " \t");
	l->at = word + strcspn(word, " \t");
	if (*l->at)
		*l->at++ = '\0';
	return word;
}

char *pf_line_rest(struct pf_line *l)
{
	char *rest = l->at;
	l->at += strlen(rest);
	return rest;
}

bool pf_line_at_end(const struct pf_line *l)
{
	return l->at[strspn(l->at, " \t")] == '\0';
}

int64_t pf_line_to_number(struct pf_line *l, const char *text, const char *what, int64_t min, int64_t max)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 0);
	if (end == text || *end || errno || v < min || v > max) {
		pf_line_fail(l, "%s is a number from %lld to %lld, not \"%.40s\"", what, (long long)min,
			(long long)max, text);
		return min;
	}
	return v;
}

double pf_line_to_real(struct pf_line *l, const char *text, const char *what, double min, double max)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end || !(v >= min && v <= max)) {
		pf_line_fail(l, "%s is a number from %g to %g, not \"%.40s\"", what, min, max, text);
		return min;
	}
	return v;
}

static void fail_choice(
	struct pf_line *l, const char *text, const char *what, const struct pf_word_value *table)
{
	char list[sizeof(l->why)] = "";
	size_t len = 0;
	for (const struct pf_word_value *t = table; t->word && len < sizeof(list); t++)
		len += (size_t)snprintf(
			list + len, sizeof(list) - len, "%s%s", t == table ? "" : ", ", t->word);
	pf_line_fail(l, "\"%.40s\" is no %s (%s)", text, what, list);
}

uint32_t pf_line_to_choice(
	struct pf_line *l, const char *text, const char *what, const struct pf_word_value *table)
{
	for (const struct pf_word_value *t = table; t->word; t++) {
		if (strcmp(t->word, text) == 0)
			return t->value;
	}
	fail_choice(l, text, what, table);
	return 0;
}

uint32_t pf_line_to_set(struct pf_line *l, char *text, const char *what, const struct pf_word_value *table)
{
	uint32_t set = 0;
	char *save = NULL;
	if (!*text)
		fail_choice(l, text, what, table);
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save))
		set |= pf_line_to_choice(l, word, what, table);
	return set;
}

int64_t pf_line_number(struct pf_line *l, const char *what, int64_t min, int64_t max)
{
	return pf_line_to_number(l, pf_line_next(l), what, min, max);
}

double pf_line_real(struct pf_line *l, const char *what, double min, double max)
{
	return pf_line_to_real(l, pf_line_next(l), what, min, max);
}

uint32_t pf_line_choice(struct pf_line *l, const char *what, const struct pf_word_value *table)
{
	return pf_line_to_choice(l, pf_line_next(l), what, table);
}

size_t pf_line_hex(struct pf_line *l, const char *what, uint8_t *out, size_t max)
{
	const char *text = pf_line_next(l);
	size_t n = strlen(text) / 2;
	if (n == 0 || n > max || !pf_hex_decode(out, n, text)) {
		pf_line_fail(l, "%s is 1 to %zu bytes in hexadecimal, not \"%.40s\"", what, max, text);
		return 0;
	}
	return n;
}

char *pf_line_value(struct pf_line *l, char *word)
{
	char *value = strchr(word, '=');
	if (!value) {
		pf_line_fail(l, "\"%.40s\" is not of the form name=value", word);
		return NULL;
	}
	*value = '\0';
	return value + 1;
}
