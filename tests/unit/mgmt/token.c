#include "mgmt/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "os/file.h"

struct place {
	char dir[64], token[96], endpoint[96];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/pf-token-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->token, sizeof(p->token), "%s/mgmt-token", p->dir);
	snprintf(p->endpoint, sizeof(p->endpoint), "%s/mgmt-endpoint", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	pf_dir_remove(p->dir);
	free(p);
	return 0;
}

static void a_token_is_made_once_and_kept(void **state)
{
	const struct place *p = *state;
	char first[PF_TOKEN_MAX + 1], again[PF_TOKEN_MAX + 1];
	struct stat st;
	assert_int_equal(pf_token_read(first, p->dir, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_token_keep(first, p->dir, NULL, NULL), PF_OK);
	assert_int_equal(strlen(first), PF_TOKEN_DIGITS);
	assert_int_equal(stat(p->token, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pf_token_keep(again, p->dir, NULL, NULL), PF_OK);
	assert_string_equal(first, again);
	assert_int_equal(pf_token_read(again, p->dir, NULL), PF_OK);
	assert_string_equal(first, again);
	/* A service manager's choice replaces it. */
	assert_int_equal(pf_token_keep(again, p->dir, "chosen-by-the-unit-0", NULL), PF_OK);
	assert_int_equal(pf_token_read(first, p->dir, NULL), PF_OK);
	assert_string_equal(first, "chosen-by-the-unit-0");
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "short", "with a blank inside it", "\x01\x02\x03 0123456789abcdef"};
	const struct place *p = *state;
	char out[PF_TOKEN_MAX + 1], longer[PF_TOKEN_MAX + 2];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pf_token_keep(out, p->dir, bad[i], NULL), PF_ERR_INVALID);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(pf_token_keep(out, p->dir, longer, NULL), PF_ERR_INVALID);
	assert_int_equal(pf_token_read(out, p->dir, NULL), PF_ERR_NOT_FOUND);
}

static void damaged_or_open_files_are_told(void **state)
{
	static const char *const damaged[] = {"", "\n", "PUNKTFUNK_MGMT_TOKEN=\n", "0123456789abcdef\n"};
	const struct place *p = *state;
	char out[PF_TOKEN_MAX + 1];
	struct pf_reason reason = {0};
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		assert_int_equal(pf_file_write_atomic(p->token, damaged[i], strlen(damaged[i]), 0600), PF_OK);
		assert_int_equal(pf_token_read(out, p->dir, &reason), PF_ERR_INVALID);
		assert_non_null(strstr(reason.text, p->token));
		assert_int_equal(pf_token_keep(out, p->dir, NULL, NULL), PF_ERR_INVALID);
	}
	assert_int_equal(
		pf_file_write_atomic(p->token, "PUNKTFUNK_MGMT_TOKEN=0123456789abcdef\n", 38, 0644), PF_OK);
	assert_int_equal(pf_token_read(out, p->dir, &reason), PF_ERR_AUTH);
	assert_non_null(strstr(reason.text, "chmod 600"));
}

static void the_endpoint_is_there_while_a_host_runs(void **state)
{
	const struct place *p = *state;
	char url[PF_URL_MAX + 1];
	assert_int_equal(pf_endpoint_read(url, p->dir, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_endpoint_write(p->dir, 47990, NULL), PF_OK);
	assert_int_equal(pf_endpoint_read(url, p->dir, NULL), PF_OK);
	assert_string_equal(url, "https://127.0.0.1:47990");
	pf_endpoint_remove(p->dir);
	assert_int_equal(pf_endpoint_read(url, p->dir, NULL), PF_ERR_NOT_FOUND);
	pf_endpoint_remove(p->dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_is_made_once_and_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_token_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(damaged_or_open_files_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_endpoint_is_there_while_a_host_runs, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
