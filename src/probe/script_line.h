/* The words of one script line. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_SCRIPT_LINE_MAX 4096

/* Taken from left to right. What is wrong with the line is kept here; later takes then do nothing. */
struct pf_line {
	char text[PF_SCRIPT_LINE_MAX];
	char *at;
	bool failed;
	char why[160];
};

struct pf_word_value {
	const char *word; /* NULL ends a table */
	uint32_t value;
};

/* False when the line is longer than PF_SCRIPT_LINE_MAX - 1. */
bool pf_line_init(struct pf_line *l, const char *line, size_t len);
__attribute__((format(printf, 2, 3))) void pf_line_fail(struct pf_line *l, const char *fmt, ...);
/* The next word, "" at the end. */
char *pf_line_next(struct pf_line *l);
/* Everything behind the one blank that follows the last word. */
char *pf_line_rest(struct pf_line *l);
bool pf_line_at_end(const struct pf_line *l);

/* The next word as what the caller names; a failure says what it takes. */
int64_t pf_line_number(struct pf_line *l, const char *what, int64_t min, int64_t max);
double pf_line_real(struct pf_line *l, const char *what, double min, double max);
uint32_t pf_line_choice(struct pf_line *l, const char *what, const struct pf_word_value *table);
/* Bytes in hexadecimal; their number. */
size_t pf_line_hex(struct pf_line *l, const char *what, uint8_t *out, size_t max);

/* The same out of a given text. */
int64_t pf_line_to_number(struct pf_line *l, const char *text, const char *what, int64_t min, int64_t max);
double pf_line_to_real(struct pf_line *l, const char *text, const char *what, double min, double max);
uint32_t pf_line_to_choice(
	struct pf_line *l, const char *text, const char *what, const struct pf_word_value *table);
/* Values of words joined by commas, joined by or. */
uint32_t pf_line_to_set(struct pf_line *l, char *text, const char *what, const struct pf_word_value *table);
/* key=value: cuts the word and gives the value; NULL, and failed, without one. */
char *pf_line_value(struct pf_line *l, char *word);
