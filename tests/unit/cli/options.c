#include "cli/options.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct values {
	bool open;
	long port;
	const char *bind;
	int level, source;
	bool hdr;
};

static const char *const words[] = {"low", "high", NULL};

static const char *const sources[] = {"here", "elsewhere", NULL};
static const char *const no_source[] = {NULL, "this machine is not elsewhere"}, *const no_hdr[] = {
											"no HDR yet"};

static enum pf_options_verdict parse(struct values *v, int argc, const char *const *argv)
{
	const struct pf_option options[] = {
		{"open", "PFT_OPEN", PF_OPTION_SWITCH, &v->open, .help = "h"},
		{"port", "PFT_PORT", PF_OPTION_NUMBER, &v->port, 0, 65535, .argument = "N", .help = "h"},
		{"bind", NULL, PF_OPTION_TEXT, &v->bind, .argument = "IP", .help = "h"},
		{"level", "PFT_LEVEL", PF_OPTION_CHOICE, &v->level, .words = words, .argument = "L",
			.help = "h"},
		{"source", NULL, PF_OPTION_CHOICE, &v->source, .words = sources, .refusals = no_source,
			.argument = "S", .help = "h"},
		{"hdr", "PFT_HDR", PF_OPTION_SWITCH, &v->hdr, .refusals = no_hdr},
		{"old", NULL, PF_OPTION_IGNORED, NULL},
	};
	*v = (struct values){.port = 9777};
	return pf_options_parse(
		options, sizeof(options) / sizeof(options[0]), argc, (char **)argv, "summary");
}

#define PARSE(v, ...)                                                                \
	parse(v, sizeof((const char *const[]){"cmd", __VA_ARGS__}) / sizeof(char *), \
		(const char *const[]){"cmd", __VA_ARGS__})

static int clear(void **state)
{
	unsetenv("PFT_OPEN");
	unsetenv("PFT_PORT");
	unsetenv("PFT_LEVEL");
	unsetenv("PFT_HDR");
	return 0;
}

static void flags_are_read_in_both_spellings(void **state)
{
	struct values v;
	assert_int_equal(
		PARSE(&v, "--port=1", "--open", "--bind", "::1", "--level", "high", "--old"), PF_OPTIONS_OK);
	assert_int_equal(v.port, 1);
	assert_true(v.open);
	assert_string_equal(v.bind, "::1");
	assert_int_equal(v.level, 1);
}

static void a_flag_wins_over_its_environment_twin(void **state)
{
	struct values v;
	setenv("PFT_PORT", "5", 1);
	setenv("PFT_OPEN", "on", 1);
	assert_int_equal(PARSE(&v, "--port", "7"), PF_OPTIONS_OK);
	assert_int_equal(v.port, 7);
	assert_true(v.open);
	assert_int_equal(PARSE(&v, "--old"), PF_OPTIONS_OK);
	assert_int_equal(v.port, 5);
}

static void malformed_values_are_fatal(void **state)
{
	struct values v;
	assert_int_equal(PARSE(&v, "--port", "70000"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--port", "12x"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--port", ""), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--port"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--open=yes"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--level", "middle"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--nonsense"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "stray"), PF_OPTIONS_BAD);
	assert_int_equal(PARSE(&v, "--"), PF_OPTIONS_BAD);
	setenv("PFT_PORT", "many", 1);
	assert_int_equal(PARSE(&v, "--open"), PF_OPTIONS_BAD);
}

/* What parse() says on stderr, which it must refuse. */
static const char *refusal(int argc, const char *const *argv)
{
	static char said[512];
	struct values v;
	int out[2], saved = dup(STDERR_FILENO);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	dup2(out[1], STDERR_FILENO);
	close(out[1]);
	enum pf_options_verdict verdict = parse(&v, argc, argv);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = read(out[0], said, sizeof(said) - 1);
	close(out[0]);
	assert_int_equal(verdict, PF_OPTIONS_BAD);
	assert_true(n > 0);
	said[n] = '\0';
	return said;
}

#define REFUSAL(...)                                                                \
	refusal(sizeof((const char *const[]){"cmd", __VA_ARGS__}) / sizeof(char *), \
		(const char *const[]){"cmd", __VA_ARGS__})

static void what_does_not_exist_here_is_refused_with_its_reason(void **state)
{
	struct values v;
	assert_int_equal(PARSE(&v, "--source", "here"), PF_OPTIONS_OK);
	assert_string_equal(REFUSAL("--source", "elsewhere"),
		"punktfunk-host: --source: 'elsewhere' is not possible: this machine is not elsewhere\n");
	/* It is not offered either. */
	assert_string_equal(
		REFUSAL("--source", "nowhere"), "punktfunk-host: --source: 'nowhere' is not one of here\n");
	assert_non_null(strstr(REFUSAL("--hdr"), "no HDR yet"));
	setenv("PFT_HDR", "1", 1);
	assert_non_null(strstr(REFUSAL("--open"), "PFT_HDR: '1' is not possible: no HDR yet"));
	setenv("PFT_HDR", "0", 1);
	assert_int_equal(PARSE(&v, "--open"), PF_OPTIONS_OK);
}

static void help_wins_over_everything(void **state)
{
	struct values v;
	/* The help goes to stdout, which the test's own results use. */
	fflush(stdout);
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	enum pf_options_verdict verdict = PARSE(&v, "--port", "wrong", "--help");
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
	assert_int_equal(verdict, PF_OPTIONS_HELP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(flags_are_read_in_both_spellings, clear),
		cmocka_unit_test_setup(a_flag_wins_over_its_environment_twin, clear),
		cmocka_unit_test_setup(malformed_values_are_fatal, clear),
		cmocka_unit_test_setup(what_does_not_exist_here_is_refused_with_its_reason, clear),
		cmocka_unit_test_setup(help_wins_over_everything, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
