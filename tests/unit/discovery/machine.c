#include "discovery/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/file.h"

static void the_id_is_made_once(void **state)
{
	char dir[] = "/tmp/pf-machine-XXXXXX", first[65], again[65], path[64];
	assert_non_null(mkdtemp(dir));
	assert_int_equal(pf_machine_id(first, dir, NULL), PF_OK);
	assert_int_equal(strlen(first), 32);
	assert_int_equal(pf_machine_id(again, dir, NULL), PF_OK);
	assert_string_equal(first, again);
	snprintf(path, sizeof(path), "%s/host-id", dir);
	assert_int_equal(pf_file_write_atomic(path, "not an id", 9, 0600), PF_OK);
	assert_int_equal(pf_machine_id(again, dir, NULL), PF_ERR_INVALID);
	assert_int_equal(pf_dir_remove(dir), PF_OK);
}

static void the_system_is_named_by_its_release_file(void **state)
{
	static const char *const row[][2] = {
		{"NAME=x\nID=debian\nID_LIKE=y\n", "linux/debian"},
		{"ID=\"opensuse-leap\"\n", "linux/opensuse-leap"},
		{"VERSION_ID=12\n", "linux"},
		{"ID=A\xc3\xa4/../b\n", "linux/..b"},
		{"", "linux"},
	};
	char dir[] = "/tmp/pf-machine-XXXXXX", path[64], out[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/os-release", dir);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(pf_file_write_atomic(path, row[i][0], strlen(row[i][0]), 0600), PF_OK);
		pf_machine_os(out, sizeof(out), path);
		assert_string_equal(out, row[i][1]);
	}
	pf_machine_os(out, sizeof(out), "/nonexistent");
	assert_string_equal(out, "linux");
	assert_int_equal(pf_dir_remove(dir), PF_OK);
}

static void bridges_to_containers_do_not_count(void **state)
{
	assert_true(pf_machine_is_virtual("docker0") && pf_machine_is_virtual("br-1f2e") &&
		    pf_machine_is_virtual("virbr0") && pf_machine_is_virtual("veth12"));
	assert_false(pf_machine_is_virtual("br0") || pf_machine_is_virtual("eth0") ||
		     pf_machine_is_virtual("wlp3s0") || pf_machine_is_virtual(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_id_is_made_once),
		cmocka_unit_test(the_system_is_named_by_its_release_file),
		cmocka_unit_test(bridges_to_containers_do_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
