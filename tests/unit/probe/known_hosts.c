#include "probe/known_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "os/file.h"

static struct pf_fingerprint fp(uint8_t with)
{
	struct pf_fingerprint f;
	memset(f.bytes, with, sizeof(f.bytes));
	return f;
}

static void hosts_are_known_by_name_and_port(void **state)
{
	char root[] = "/tmp/pf-hosts-XXXXXX", dir[64], path[96];
	struct pf_fingerprint got;
	const struct pf_fingerprint one = fp(1), two = fp(2);
	assert_non_null(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/config", root);
	snprintf(path, sizeof(path), "%s/hosts.json", dir);
	assert_int_equal(pf_known_host_get(&got, dir, "host", 9777, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_known_host_put(dir, "host", 9777, &one, NULL), PF_OK);
	assert_int_equal(pf_known_host_put(dir, "::1", 9777, &two, NULL), PF_OK);
	assert_int_equal(pf_known_host_get(&got, dir, "host", 9777, NULL), PF_OK);
	assert_true(pf_fingerprint_equal(&got, &one));
	assert_int_equal(pf_known_host_get(&got, dir, "::1", 9777, NULL), PF_OK);
	assert_true(pf_fingerprint_equal(&got, &two));
	assert_int_equal(pf_known_host_get(&got, dir, "host", 9778, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_known_host_put(dir, "host", 9777, &two, NULL), PF_OK);
	assert_int_equal(pf_known_host_get(&got, dir, "host", 9777, NULL), PF_OK);
	assert_true(pf_fingerprint_equal(&got, &two));
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pf_dir_remove(root), PF_OK);
}

/* What is damaged is neither trusted nor overwritten. */
static void a_damaged_file_is_an_error(void **state)
{
	static const char *const damaged[] = {"", "[]", "{", "{\"host:9777\":1}", "{\"host:9777\":\"12\"}"};
	char dir[] = "/tmp/pf-hosts-XXXXXX", path[96];
	struct pf_fingerprint got;
	const struct pf_fingerprint one = fp(1);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/hosts.json", dir);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		struct pf_reason reason = {0};
		assert_int_equal(pf_file_write_atomic(path, damaged[i], strlen(damaged[i]), 0600), PF_OK);
		assert_int_equal(pf_known_host_get(&got, dir, "host", 9777, &reason), PF_ERR_INVALID);
		assert_non_null(strstr(reason.text, path));
		if (i < 3)
			assert_int_equal(pf_known_host_put(dir, "other", 1, &one, NULL), PF_ERR_INVALID);
	}
	assert_int_equal(pf_dir_remove(dir), PF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_known_by_name_and_port),
		cmocka_unit_test(a_damaged_file_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
