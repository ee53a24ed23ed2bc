#include "cli/host_env.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/file.h"

static char folder[] = "/tmp/pf-test-host-env-XXXXXX";
static struct pf_reason reason;

static int load_bytes(const char *bytes, size_t len)
{
	char path[sizeof(folder) + 16];
	snprintf(path, sizeof(path), "%s/host.env", folder);
	assert_int_equal(pf_file_write_atomic(path, bytes, len, 0600), PF_OK);
	reason = (struct pf_reason){0};
	return pf_host_env_load(folder, &reason);
}

static int load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static void values_are_read_as_systemd_reads_them(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{"PUNKTFUNK_T=plain", "plain"},
		{"PUNKTFUNK_T=plain\n", "plain"},
		{"PUNKTFUNK_T=plain\r\n", "plain"},
		{"  PUNKTFUNK_T = two words \t\n", "two words"},
		{"PUNKTFUNK_T=\n", ""},
		{"PUNKTFUNK_T=a=b # no comment\n", "a=b # no comment"},
		{"# PUNKTFUNK_T=1\n; PUNKTFUNK_T=2\n\n \t\n\tPUNKTFUNK_T=3", "3"},
		{"PUNKTFUNK_T=\"quoted  \" \n", "quoted  "},
		{"PUNKTFUNK_T='quoted  '\n", "quoted  "},
		{"PUNKTFUNK_T=\"\"", ""},
		{"PUNKTFUNK_T=it's \"so\"\n", "it's \"so\""},
		{"PUNKTFUNK_T=\"a\\\"b\\\\c\\$d\\`e\\nf\"\n", "a\"b\\c$d`e\\nf"},
		{"PUNKTFUNK_T='a\\\"b$'\n", "a\\\"b$"},
		{"PUNKTFUNK_T=a\\ \\b\\\\\n", "a b\\"},
		{"PUNKTFUNK_T=end\\ \n", "end "},
		{"PUNKTFUNK_T=one \\\ntwo\n", "one two"},
		{"PUNKTFUNK_T=\"one \\\ntwo\nthree\"\n", "one two\nthree"},
		{"PUNKTFUNK_T='one\ntwo'\n", "one\ntwo"},
		{"PUNKTFUNK_T='one' \"two\" three\n", "onetwothree"},
		{"PUNKTFUNK_T=1\nPUNKTFUNK_T=2\n", "2"},
		{"punktfunk_t=1\nPUNKTFUNK_T=2\nPUNKTFUNK_t=3\n", "2"},
		{"PUNKTFUNK_T=\\", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsetenv("PUNKTFUNK_T");
		assert_int_equal(load(rows[i].text), PF_OK);
		assert_non_null(getenv("PUNKTFUNK_T"));
		assert_string_equal(getenv("PUNKTFUNK_T"), rows[i].value);
	}
}

static void the_environment_wins(void **state)
{
	setenv("PUNKTFUNK_T", "mine", 1);
	setenv("PUNKTFUNK_U", "", 1);
	assert_int_equal(load("PUNKTFUNK_T=file\nPUNKTFUNK_U=file\nPUNKTFUNK_V=file\n"), PF_OK);
	assert_string_equal(getenv("PUNKTFUNK_T"), "mine");
	assert_string_equal(getenv("PUNKTFUNK_U"), "");
	assert_string_equal(getenv("PUNKTFUNK_V"), "file");
}

static void malformed_lines_are_named_and_nothing_is_set(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *why;
	} rows[] = {
		{"PUNKTFUNK_T=1\nPUNKTFUNK_T\n", 2, "this is not KEY=value"},
		{"PUNKTFUNK_T=1\n\n# c\nexport PUNKTFUNK_T=1\n", 4, "this is not KEY=value"},
		{"PUNKTFUNK_T", 1, "this is not KEY=value"},
		{"PUNKTFUNK-T=1", 1, "this is not KEY=value"},
		{"\xef\xbb\xbfPUNKTFUNK_T=1", 1, "this is not KEY=value"},
		{"=1", 1, "no name of a variable"},
		{"1T=1", 1, "no name of a variable"},
		{"PUNKTFUNK_T='a\nb\n", 1, "the quote ' is not closed"},
		{"PUNKTFUNK_U='a\nb'\nPUNKTFUNK_T=\"a\nb\n", 3, "the quote \" is not closed"},
		{"PUNKTFUNK_U=a\\\nb\nPUNKTFUNK_T=\"a\\", 3, "the quote \" is not closed"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(load(rows[i].text), PF_ERR_INVALID);
		char where[64];
		snprintf(where, sizeof(where), "%s/host.env:%u: ", folder, rows[i].line);
		assert_ptr_equal(strstr(reason.text, where), reason.text);
		assert_non_null(strstr(reason.text, rows[i].why));
		assert_null(getenv("PUNKTFUNK_T"));
		assert_null(getenv("PUNKTFUNK_U"));
	}
	static const char nul[] = "PUNKTFUNK_T=1\nPUNKTFUNK_U=a\0b\n";
	assert_int_equal(load_bytes(nul, sizeof(nul) - 1), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "host.env:2: a NUL byte"));
	assert_null(getenv("PUNKTFUNK_T"));
}

/* What a load that succeeds says on stderr. */
static const char *warnings(const char *text)
{
	static char said[2048];
	int out[2], saved = dup(STDERR_FILENO);
	assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(out[1], STDERR_FILENO);
	close(out[1]);
	int rc = load(text);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = read(out[0], said, sizeof(said) - 1);
	close(out[0]);
	assert_int_equal(rc, PF_OK);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

static void other_keys_are_skipped_with_a_warning(void **state)
{
	assert_string_equal(warnings("PUNKTFUNK_T=1\n"), "");
	unsetenv("PUNKTFUNK_T");
	const char *said = warnings("# c\nPFT_OTHER=1\nPUNKTFUNK_T=1\n");
	assert_non_null(strstr(said, "host.env:2: PFT_OTHER is no PUNKTFUNK_ variable"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_null(getenv("PFT_OTHER"));
	assert_string_equal(getenv("PUNKTFUNK_T"), "1");

	assert_non_null(strstr(warnings("PUNKTFUNK_CONFIG_DIR=/tmp\n"), "host.env:1: PUNKTFUNK_CONFIG_DIR"));
	assert_null(getenv("PUNKTFUNK_CONFIG_DIR"));
}

static void secrets_neither_stay_nor_come(void **state)
{
	setenv("PUNKTFUNK_MGMT_TOKEN", "0123abcd", 1);
	setenv("PUNKTFUNK_PLUGIN_TOKEN", "4567abcd", 1);
	setenv("PUNKTFUNK_T", "stays", 1);
	const char *token = getenv("PUNKTFUNK_MGMT_TOKEN");
	pf_host_env_hide_secrets();
	assert_null(getenv("PUNKTFUNK_MGMT_TOKEN"));
	assert_null(getenv("PUNKTFUNK_PLUGIN_TOKEN"));
	assert_string_equal(token, "");
	assert_string_equal(getenv("PUNKTFUNK_T"), "stays");
	pf_host_env_hide_secrets();

	const char *said = warnings("PUNKTFUNK_MGMT_TOKEN=feedface\n");
	assert_non_null(strstr(said, "host.env:1: PUNKTFUNK_MGMT_TOKEN"));
	assert_null(strstr(said, "feedface"));
	assert_null(getenv("PUNKTFUNK_MGMT_TOKEN"));
}

static void an_absent_file_is_fine_and_a_long_one_is_not(void **state)
{
	char path[sizeof(folder) + 16];
	snprintf(path, sizeof(path), "%s/host.env", folder);
	unlink(path);
	assert_int_equal(pf_host_env_load(folder, &reason), PF_OK);
	assert_int_equal(load(""), PF_OK);

	char *text = malloc(PF_HOST_ENV_BYTES_MAX + 1);
	assert_non_null(text);
	memset(text, '\n', PF_HOST_ENV_BYTES_MAX + 1);
	assert_int_equal(load_bytes(text, PF_HOST_ENV_BYTES_MAX), PF_OK);
	assert_int_equal(load_bytes(text, PF_HOST_ENV_BYTES_MAX + 1), PF_ERR_LIMIT);
	assert_non_null(strstr(reason.text, "65536"));
	free(text);

	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pf_host_env_load(folder, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, path));
	assert_int_equal(rmdir(path), 0);
}

/* Cut anywhere and with every bit flipped: it is read or refused, and never read past its end. */
static void damage_is_read_or_refused(void **state)
{
	static const char text[] = "# c\nPUNKTFUNK_T = \"a\\\"b\\\nc\" 'd' e\\ \\\n f\nPUNKTFUNK_U=g\n;\n";
	int err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC), wrong = 0;
	dup2(null, STDERR_FILENO); /* the warnings of wrong keys */
	for (size_t len = 0; len < sizeof(text); len++) {
		int rc = load_bytes(text, len);
		wrong += rc != PF_OK && rc != PF_ERR_INVALID;
	}
	for (size_t bit = 0; bit < 8 * (sizeof(text) - 1); bit++) {
		char damaged[sizeof(text)];
		memcpy(damaged, text, sizeof(text));
		damaged[bit / 8] = (char)(damaged[bit / 8] ^ (1 << bit % 8));
		int rc = load_bytes(damaged, sizeof(text) - 1);
		wrong += rc != PF_OK && rc != PF_ERR_INVALID;
		unsetenv("PUNKTFUNK_T");
		unsetenv("PUNKTFUNK_U");
	}
	dup2(err, STDERR_FILENO);
	close(err);
	close(null);
	assert_int_equal(wrong, 0);
}

static int clear(void **state)
{
	static const char *const names[] = {
		"PUNKTFUNK_T", "PUNKTFUNK_U", "PUNKTFUNK_V", "PUNKTFUNK_CONFIG_DIR"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return 0;
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	return pf_dir_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_are_read_as_systemd_reads_them, clear),
		cmocka_unit_test_setup(the_environment_wins, clear),
		cmocka_unit_test_setup(malformed_lines_are_named_and_nothing_is_set, clear),
		cmocka_unit_test_setup(other_keys_are_skipped_with_a_warning, clear),
		cmocka_unit_test_setup(secrets_neither_stay_nor_come, clear),
		cmocka_unit_test_setup(an_absent_file_is_fine_and_a_long_one_is_not, clear),
		cmocka_unit_test_setup(damage_is_read_or_refused, clear),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
