/* Keymaps as libxkbcommon, and with it every compositor, understands them. */
#include "input/keymap.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct xkb_context *context;

static int open_context(void **state)
{
	context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	return context ? 0 : -1;
}

static int close_context(void **state)
{
	xkb_context_unref(context);
	return 0;
}

/* What a press of the key types; 0 = nothing. */
static uint32_t typed(struct xkb_keymap *keymap, unsigned evdev_code)
{
	struct xkb_state *s = xkb_state_new(keymap);
	uint32_t scalar = xkb_keysym_to_utf32(xkb_state_key_get_one_sym(s, evdev_code + 8));
	xkb_state_unref(s);
	return scalar;
}

static struct xkb_keymap *compile(const struct pf_text_keys *t)
{
	char *text = pf_text_keys_keymap(t);
	assert_non_null(text);
	struct xkb_keymap *keymap = xkb_keymap_new_from_string(
		context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	free(text);
	assert_non_null(keymap);
	return keymap;
}

static void text_is_typed(void **state)
{
	static const uint32_t scalars[] = {
		'A', 'a', ' ', '"', '\\', '}', 0xE4, 0x20AC, 0x4E2D, 0x301, 0xFFFD, 0x1F600, 0x10FFFD};
	enum { COUNT = sizeof(scalars) / sizeof(scalars[0]) };
	struct pf_text_keys t = {0};
	bool grown;
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(pf_text_keys_find(&t, scalars[i], &grown), i + 1);
		assert_true(grown);
	}
	struct xkb_keymap *keymap = compile(&t);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(typed(keymap, i + 1), scalars[i]);
	xkb_keymap_unref(keymap);
}

static void known_characters_keep_their_keys(void **state)
{
	struct pf_text_keys t = {0};
	bool grown;
	assert_int_equal(pf_text_keys_find(&t, 'x', &grown), 1);
	assert_int_equal(pf_text_keys_find(&t, 'y', &grown), 2);
	assert_true(grown);
	assert_int_equal(pf_text_keys_find(&t, 'x', &grown), 1);
	assert_false(grown);
	assert_int_equal(t.count, 2);
}

static void what_is_expected_is_there_already(void **state)
{
	struct pf_text_keys t = {0};
	bool grown;
	pf_text_keys_find(&t, 'x', &grown);
	pf_text_keys_expect(&t, 'y');
	pf_text_keys_expect(&t, 'x');
	assert_int_equal(pf_text_keys_find(&t, 'y', &grown), 2);
	assert_false(grown);
	for (uint32_t c = 0x4E00; c < 0x4E00 + 2 * PF_TEXT_KEYS; c++)
		pf_text_keys_expect(&t, c);
	assert_int_equal(t.count, PF_TEXT_KEYS);
	assert_int_equal(pf_text_keys_find(&t, 'x', &grown), 1);
}

/* Keys are few, characters are many: the one too many begins anew. */
static void there_is_always_a_key(void **state)
{
	struct pf_text_keys t = {0};
	bool grown;
	for (uint32_t i = 0; i < PF_TEXT_KEYS; i++)
		assert_int_equal(pf_text_keys_find(&t, 0x4E00 + i, &grown), i + 1);
	struct xkb_keymap *keymap = compile(&t);
	for (uint32_t i = 0; i < PF_TEXT_KEYS; i++)
		assert_int_equal(typed(keymap, i + 1), 0x4E00 + i);
	xkb_keymap_unref(keymap);

	assert_int_equal(pf_text_keys_find(&t, 0x4E00 + PF_TEXT_KEYS, &grown), 1);
	assert_true(grown);
	assert_int_equal(t.count, 1);
	keymap = compile(&t);
	assert_int_equal(typed(keymap, 1), 0x4E00 + PF_TEXT_KEYS);
	assert_int_equal(typed(keymap, 2), 0);
	xkb_keymap_unref(keymap);
	assert_int_equal(pf_text_keys_find(&t, 0x4E00, &grown), 2);
}

/* Clients may send anything that is a scalar value. A character that is no key must not spoil the others. */
static void characters_that_cannot_be_typed(void **state)
{
	static const uint32_t strange[] = {
		0, 1, '\t', '\n', '\r', 0x1B, 0x7F, 0x85, 0xFFFE, 0xFFFF, 0x10FFFF};
	struct pf_text_keys t = {0};
	bool grown;
	struct xkb_keymap *keymap;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		pf_text_keys_find(&t, strange[i], &grown);
		keymap = compile(&t);
		xkb_keymap_unref(keymap);
	}
	unsigned code = pf_text_keys_find(&t, 'A', &grown);
	keymap = compile(&t);
	assert_int_equal(typed(keymap, code), 'A');
	xkb_keymap_unref(keymap);
}

static void an_empty_keymap_compiles(void **state)
{
	const struct pf_text_keys t = {0};
	xkb_keymap_unref(compile(&t));
}

static void expect_typed(struct xkb_keymap *keymap, unsigned code, uint32_t scalar)
{
	assert_non_null(keymap);
	assert_int_equal(typed(keymap, code), scalar);
	xkb_keymap_unref(keymap);
}

static void there_is_always_a_layout(void **state)
{
	unsetenv("XKB_DEFAULT_LAYOUT");
	struct xkb_keymap *keymap = pf_keymap_system(context);
	assert_non_null(keymap);
	assert_true(xkb_keymap_num_layouts(keymap) >= 1);
	xkb_keymap_unref(keymap);
	/* KEY_Y on a German keyboard. */
	setenv("XKB_DEFAULT_LAYOUT", "de", 1);
	expect_typed(pf_keymap_system(context), 21, 'z');
	setenv("XKB_DEFAULT_LAYOUT", "us", 1);
	expect_typed(pf_keymap_system(context), 21, 'y');
	unsetenv("XKB_DEFAULT_LAYOUT");
}

static void keymaps_travel_as_sealed_files(void **state)
{
	size_t size = 0;
	char back[8];
	int fd = pf_keymap_fd("keymap", &size);
	assert_true(fd >= 0);
	assert_int_equal(size, 7);
	assert_int_equal(pread(fd, back, sizeof(back), 0), 7);
	assert_string_equal(back, "keymap");
	assert_int_equal(fcntl(fd, F_GET_SEALS) & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_typed),
		cmocka_unit_test(known_characters_keep_their_keys),
		cmocka_unit_test(what_is_expected_is_there_already),
		cmocka_unit_test(there_is_always_a_key),
		cmocka_unit_test(characters_that_cannot_be_typed),
		cmocka_unit_test(an_empty_keymap_compiles),
		cmocka_unit_test(there_is_always_a_layout),
		cmocka_unit_test(keymaps_travel_as_sealed_files),
	};
	return cmocka_run_group_tests(tests, open_context, close_context);
}
