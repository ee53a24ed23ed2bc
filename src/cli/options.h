/*
 * Command line options with environment twins, as one table per subcommand (product 1.1, 2.2): a flag wins
 * over its twin, the twin over the default that the value already holds. A malformed value is fatal, never
 * replaced by the default.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pf_option_kind {
	PF_OPTION_SWITCH, /* bool *: set by the flag; twin takes 1/0, on/off, true/false */
	PF_OPTION_TEXT,   /* const char ** */
	PF_OPTION_NUMBER, /* long *: min..max */
	PF_OPTION_CHOICE, /* int *: index into words */
	PF_OPTION_IGNORED /* accepted for older units; with a value when argument is set */
};

struct pf_option {
	const char *name; /* without dashes; NULL = only the environment */
	const char *env;  /* NULL = only the flag */
	enum pf_option_kind kind;
	void *value;
	long min, max;
	const char *const *words; /* NULL-terminated */
	/* What exists elsewhere but not here: why not, one per word of a choice, the first for a switch that is
	 * on. NULL = everything is possible, an entry of NULL = that one is. */
	const char *const *refusals;
	const char *argument; /* its name in --help; NULL for switches */
	const char *help;     /* NULL = not shown */
};

enum pf_options_verdict { PF_OPTIONS_OK, PF_OPTIONS_HELP, PF_OPTIONS_BAD };

/* --help or -h is among them: it wins over everything, so nothing else need be read. */
bool pf_options_help_wanted(int argc, char **argv);

/* What stands among the options without dashes. */
struct pf_option_words {
	const char **word;
	size_t count, max;
};
/* As pf_options_parse, and collects the words. */
enum pf_options_verdict pf_options_parse_words(const struct pf_option *options, size_t count, int argc,
	char **argv, const char *summary, struct pf_option_words *words);

/* argv[0] is the subcommand. Prints help to stdout (HELP: exit 0) or one line to stderr (BAD: exit 2). Texts
 * point into argv or the environment. */
enum pf_options_verdict pf_options_parse(
	const struct pf_option *options, size_t count, int argc, char **argv, const char *summary);
