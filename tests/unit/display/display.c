#include "display/display.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int create(struct pf_mode mode, const char *backend, struct pf_reason *reason)
{
	struct pf_display *d = NULL;
	int rc = pf_display_create(&d, backend,
		&(struct pf_display_params){.mode = mode, .runtime_root = "/nonexistent"}, reason);
	if (rc == PF_OK)
		pf_display_destroy(d);
	else
		assert_null(d);
	return rc;
}

static void modes_have_limits_that_are_named(void **state)
{
	static const struct pf_mode good[] = {{320, 200, 1}, {7680, 4320, 240}, {1366, 768, 75}};
	static const struct pf_mode bad[] = {{318, 200, 60}, {320, 198, 60}, {7682, 4320, 60},
		{7680, 4322, 60}, {1365, 768, 60}, {1366, 767, 60}, {1280, 720, 0}, {1280, 720, 241},
		{UINT32_MAX - 1, 720, 60}, {0, 0, 0}};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(create(good[i], "synthetic", NULL), PF_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pf_reason reason = {0};
		assert_int_equal(create(bad[i], "synthetic", &reason), PF_ERR_INVALID);
		assert_non_null(strstr(reason.text, "320x200"));
		assert_int_equal(create(bad[i], "private", NULL), PF_ERR_INVALID);
	}
}

static void unknown_backends_are_named(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(create((struct pf_mode){1280, 720, 60}, "cinema", &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "cinema"));
}

static void the_synthetic_display_hands_out_its_capture(void **state)
{
	struct pf_display *d;
	struct pf_capture *c;
	struct pf_frame *f;
	struct pf_reason reason = {0};
	struct pf_display_params params = {.mode = {640, 360, 240}};
	assert_int_equal(pf_display_probe("synthetic", &params, NULL), PF_OK);
	assert_int_equal(pf_display_create(&d, "synthetic", &params, NULL), PF_OK);
	assert_int_equal(pf_display_check(d, NULL), PF_OK);
	assert_int_equal(pf_display_open_capture(d, &c, NULL), PF_OK);
	assert_int_equal(pf_capture_next(c, 10000, &f, NULL), PF_OK);
	assert_int_equal(f->width_px, 640);
	assert_int_equal(f->height_px, 360);
	pf_frame_unref(f);
	pf_capture_destroy(c);
	assert_int_equal(pf_display_set_mode(d, (struct pf_mode){640, 360, 240}, NULL), PF_OK);
	assert_int_equal(pf_display_set_mode(d, (struct pf_mode){640, 360, 60}, &reason), PF_ERR_UNSUPPORTED);
	assert_int_equal(pf_display_set_mode(d, (struct pf_mode){1, 1, 1}, &reason), PF_ERR_INVALID);
	pf_display_destroy(d);
	pf_display_destroy(NULL);
}

static void root_is_told_to_be_someone_else(void **state)
{
	if (geteuid() != 0)
		skip();
	struct pf_reason reason = {0};
	struct pf_display_params params = {.mode = {1280, 720, 60}, .runtime_root = "/nonexistent"};
	assert_int_equal(pf_display_probe("private", &params, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "ordinary user"));
	assert_int_equal(create(params.mode, NULL, NULL), PF_ERR_UNSUPPORTED);
}

static void runtime_directories_have_a_home(void **state)
{
	char root[128], tiny[8];
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(pf_display_runtime_root(root, sizeof(root)), PF_OK);
	assert_string_equal(root, "/run/user/7/punktfunk");
	assert_int_equal(pf_display_runtime_root(tiny, sizeof(tiny)), PF_ERR_LIMIT);
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(pf_display_runtime_root(root, sizeof(root)), PF_OK);
	assert_memory_equal(root, "/tmp/punktfunk-", 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_have_limits_that_are_named),
		cmocka_unit_test(unknown_backends_are_named),
		cmocka_unit_test(the_synthetic_display_hands_out_its_capture),
		cmocka_unit_test(root_is_told_to_be_someone_else),
		cmocka_unit_test(runtime_directories_have_a_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
