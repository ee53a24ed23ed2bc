#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_switch(const char *text, bool *out)
{
	static const char *const on[] = {"1", "on", "true", "yes"}, *const off[] = {
									    "0", "off", "false", "no"};
	for (size_t i = 0; i < 4; i++) {
		if (strcmp(text, on[i]) == 0 || strcmp(text, off[i]) == 0) {
			*out = strcmp(text, on[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool parse_number(const char *text, long min, long max, long *out)
{
	char *end;
	errno = 0;
	long v = strtol(text, &end, 10);
	if (end == text || *end || errno || v < min || v > max)
		return false;
	*out = v;
	return true;
}

static bool parse_choice(const char *text, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* What the value should have been, for the message. */
static void say_bad(const struct pf_option *o, const char *where, const char *text)
{
	fprintf(stderr, "punktfunk-host: %s: '%s' is not ", where, text);
	switch (o->kind) {
	case PF_OPTION_SWITCH:
		fprintf(stderr, "on or off\n");
		break;
	case PF_OPTION_NUMBER:
		fprintf(stderr, "a number from %ld to %ld\n", o->min, o->max);
		break;
	case PF_OPTION_CHOICE:
		fprintf(stderr, "one of");
		for (size_t i = 0; o->words[i]; i++) {
			if (!o->refusals || !o->refusals[i])
				fprintf(stderr, " %s", o->words[i]);
		}
		fprintf(stderr, "\n");
		break;
	case PF_OPTION_TEXT:
	case PF_OPTION_IGNORED:
		fprintf(stderr, "valid\n");
		break;
	}
}

/* NULL = the value can be had. */
static const char *find_refusal(const struct pf_option *o)
{
	if (!o->refusals)
		return NULL;
	if (o->kind == PF_OPTION_SWITCH)
		return *(const bool *)o->value ? o->refusals[0] : NULL;
	return o->kind == PF_OPTION_CHOICE ? o->refusals[*(const int *)o->value] : NULL;
}

static bool set(const struct pf_option *o, const char *where, const char *text)
{
	bool good = true;
	switch (o->kind) {
	case PF_OPTION_SWITCH:
		good = parse_switch(text, o->value);
		break;
	case PF_OPTION_TEXT:
		*(const char **)o->value = text;
		break;
	case PF_OPTION_NUMBER:
		good = parse_number(text, o->min, o->max, o->value);
		break;
	case PF_OPTION_CHOICE:
		good = parse_choice(text, o->words, o->value);
		break;
	case PF_OPTION_IGNORED:
		break;
	}
	const char *refusal = good ? find_refusal(o) : NULL;
	if (!good)
		say_bad(o, where, text);
	else if (refusal)
		fprintf(stderr, "punktfunk-host: %s: '%s' is not possible: %s\n", where, text, refusal);
	return good && !refusal;
}

static void print_help(
	const struct pf_option *options, size_t count, const char *command, const char *summary)
{
	printf("usage: punktfunk-host %s [OPTIONS]\n%s\n\n", command, summary);
	for (size_t i = 0; i < count; i++) {
		const struct pf_option *o = &options[i];
		char left[64] = "";
		if (!o->help)
			continue;
		/* What has no flag goes by the name of its variable. */
		if (o->name)
			snprintf(left, sizeof(left), "--%s%s%s", o->name, o->argument ? " " : "",
				o->argument ? o->argument : "");
		else
			snprintf(left, sizeof(left), "%s", o->env);
		bool twin = o->name && o->env;
		printf("  %-26s %s%s%s%s\n", left, o->help, twin ? " [" : "", twin ? o->env : "",
			twin ? "]" : "");
	}
	printf("  %-26s %s\n", "--help", "print this");
}

static const struct pf_option *find(
	const struct pf_option *options, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].name && strlen(options[i].name) == len &&
			strncmp(options[i].name, name, len) == 0)
			return &options[i];
	}
	return NULL;
}

static bool read_environment(const struct pf_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = options[i].env ? getenv(options[i].env) : NULL;
		if (text && text[0] && !set(&options[i], options[i].env, text))
			return false;
	}
	return true;
}

/* One option at argv[*at]; moves past its value. */
static bool read_flag(const struct pf_option *options, size_t count, int argc, char **argv, int *at)
{
	const char *word = argv[*at];
	const char *equals = strchr(word, '=');
	size_t len = strncmp(word, "--", 2) != 0 ? 0
		     : equals                    ? (size_t)(equals - word) - 2
						 : strlen(word) - 2;
	const struct pf_option *o = len ? find(options, count, word + 2, len) : NULL;
	if (!o) {
		fprintf(stderr,
			"punktfunk-host: unknown option '%s'; `punktfunk-host %s --help` lists them\n", word,
			argv[0]);
		return false;
	}
	if (!o->argument) {
		if (equals) {
			fprintf(stderr, "punktfunk-host: --%s takes no value\n", o->name);
			return false;
		}
		return o->kind == PF_OPTION_IGNORED || set(o, word, "on");
	}
	const char *text = equals ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
	if (!text) {
		fprintf(stderr, "punktfunk-host: --%s needs %s\n", o->name, o->argument);
		return false;
	}
	return set(o, word, text);
}

bool pf_options_help_wanted(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static bool take_word(struct pf_option_words *words, const char *command, const char *word)
{
	if (words->count == words->max) {
		fprintf(stderr, "punktfunk-host: '%s' is too much for %s\n", word, command);
		return false;
	}
	words->word[words->count++] = word;
	return true;
}

enum pf_options_verdict pf_options_parse(
	const struct pf_option *options, size_t count, int argc, char **argv, const char *summary)
{
	return pf_options_parse_words(options, count, argc, argv, summary, NULL);
}

enum pf_options_verdict pf_options_parse_words(const struct pf_option *options, size_t count, int argc,
	char **argv, const char *summary, struct pf_option_words *words)
{
	if (pf_options_help_wanted(argc, argv)) {
		print_help(options, count, argv[0], summary);
		return PF_OPTIONS_HELP;
	}
	if (!read_environment(options, count))
		return PF_OPTIONS_BAD;
	for (int i = 1; i < argc; i++) {
		bool good = words && argv[i][0] != '-' ? take_word(words, argv[0], argv[i])
						       : read_flag(options, count, argc, argv, &i);
		if (!good)
			return PF_OPTIONS_BAD;
	}
	return PF_OPTIONS_OK;
}
