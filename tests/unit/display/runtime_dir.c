#include "display/runtime_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "display/display.h"
#include "os/file.h"

static char root[] = "/tmp/pf-test-runtime-XXXXXX";

static void put_file(const char *directory, const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(pf_file_write_atomic(path, "x", 1, 0600), PF_OK);
}

static void only_the_dead_are_removed(void **state)
{
	struct pf_runtime_dir alive, dead;
	assert_int_equal(pf_runtime_dir_create(&alive, root, NULL), PF_OK);
	assert_int_equal(pf_runtime_dir_create(&dead, root, NULL), PF_OK);
	struct stat st;
	assert_int_equal(stat(dead.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	put_file(dead.path, "wayland-1");
	put_file(alive.path, "wayland-1");
	put_file(root, "not-ours");
	char other[256];
	snprintf(other, sizeof(other), "%s/other-display", root);
	assert_int_equal(mkdir(other, 0700), 0);

	assert_int_equal(pf_display_restore_leftovers(root), 0);
	/* The lock follows the open directory, as it does into the keeper. */
	int handed_on = dup(dead.lock_fd);
	pf_runtime_dir_unlock(&dead);
	assert_int_equal(pf_display_restore_leftovers(root), 0);
	close(handed_on);
	assert_int_equal(pf_display_restore_leftovers(root), 1);
	assert_int_equal(access(dead.path, F_OK), -1);
	assert_int_equal(access(alive.path, F_OK), 0);
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(pf_display_restore_leftovers(root), 0);
	pf_runtime_dir_unlock(&alive);
	assert_int_equal(pf_display_restore_leftovers(root), 1);
}

static void links_are_not_followed(void **state)
{
	char target[64], link_path[256], kept[256];
	snprintf(target, sizeof(target), "%s/precious", root);
	assert_int_equal(mkdir(target, 0700), 0);
	put_file(target, "kept");
	snprintf(link_path, sizeof(link_path), "%s/display-link", root);
	assert_int_equal(symlink(target, link_path), 0);
	assert_int_equal(pf_display_restore_leftovers(root), 0);
	snprintf(kept, sizeof(kept), "%s/kept", target);
	assert_int_equal(access(kept, F_OK), 0);

	struct pf_runtime_dir d;
	assert_int_equal(pf_runtime_dir_create(&d, root, NULL), PF_OK);
	snprintf(link_path, sizeof(link_path), "%s/link", d.path);
	assert_int_equal(symlink(target, link_path), 0);
	pf_runtime_dir_unlock(&d);
	assert_int_equal(pf_display_restore_leftovers(root), 1);
	assert_int_equal(access(kept, F_OK), 0);
}

static void no_root_is_no_error_and_long_ones_are_refused(void **state)
{
	assert_int_equal(pf_display_restore_leftovers("/tmp/pf-no-such-directory/below"), 0);
	char path[256];
	snprintf(path, sizeof(path), "%s/%0100d", root, 1);
	struct pf_runtime_dir d;
	struct pf_reason reason = {0};
	assert_int_equal(pf_runtime_dir_create(&d, path, &reason), PF_ERR_LIMIT);
	assert_non_null(strstr(reason.text, "too long"));
	assert_int_equal(d.lock_fd, -1);
}

static void preparing_makes_the_root_and_clears_it(void **state)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/new", root);
	assert_int_equal(pf_display_prepare_root(path, NULL), PF_OK);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);

	struct pf_runtime_dir d;
	assert_int_equal(pf_runtime_dir_create(&d, path, NULL), PF_OK);
	pf_runtime_dir_unlock(&d);
	assert_int_equal(pf_display_prepare_root(path, NULL), PF_OK);
	assert_int_not_equal(access(d.path, F_OK), 0);

	put_file(root, "file");
	snprintf(path, sizeof(path), "%s/file", root);
	struct pf_reason reason = {0};
	assert_true(pf_display_prepare_root(path, &reason) < 0);
	assert_non_null(strstr(reason.text, path));
}

static int make_root(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	return pf_dir_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_dead_are_removed),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(no_root_is_no_error_and_long_ones_are_refused),
		cmocka_unit_test(preparing_makes_the_root_and_clears_it),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
