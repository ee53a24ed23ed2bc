#include "cli/options.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct values {
	bool open;
	long port;
	const char *bind;
	int level;
};

static const char *const words[] = {"low", "high", NULL};

static enum pf_options_verdict parse(struct values *v, int argc, const char *const *argv)
{
	const struct pf_option options[] = {
		{"open", "PFT_OPEN", PF_OPTION_SWITCH, &v->open, .help = "h"},
		{"port", "PFT_PORT", PF_OPTION_NUMBER, &v->port, 0, 65535, .argument = "N", .help = "h"},
		{"bind", NULL, PF_OPTION_TEXT, &v->bind, .argument = "IP", .help = "h"},
		{"level", "PFT_LEVEL", PF_OPTION_CHOICE, &v->level, .words = words, .argument = "L",
			.help = "h"},
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
		cmocka_unit_test_setup(help_wins_over_everything, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
