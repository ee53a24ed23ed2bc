/* Characters find their keys on real layouts. */
#include "input/layout.h"

#include <linux/input-event-codes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct xkb_context *context;
static struct pf_layout layout;

enum { PLAIN, SHIFT, ALT_GR, BOTH };

static void open_layout(const char *name, const char *variant)
{
	const struct xkb_rule_names names = {
		.model = "pc105", .layout = name, .variant = variant, .options = ""};
	context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	assert_non_null(keymap);
	assert_true(pf_layout_init(&layout, keymap));
	xkb_keymap_unref(keymap);
}

static void close_layout(void)
{
	pf_layout_finish(&layout);
	xkb_context_unref(context);
}

static void expect(uint32_t scalar, unsigned code, unsigned way)
{
	struct pf_stroke s;
	assert_true(pf_layout_find(&layout, scalar, &s));
	assert_int_equal(s.code, code);
	assert_int_equal(s.modifiers, way == BOTH ? 2 : way != PLAIN);
	unsigned at = 0;
	if (way & SHIFT)
		assert_int_equal(s.modifier[at++], KEY_LEFTSHIFT);
	if (way & ALT_GR)
		assert_int_equal(s.modifier[at], KEY_RIGHTALT);
}

static void expect_none(uint32_t scalar)
{
	struct pf_stroke s;
	assert_false(pf_layout_find(&layout, scalar, &s));
}

static void american(void **state)
{
	open_layout("us", NULL);
	expect('a', KEY_A, PLAIN);
	expect('Z', KEY_Z, SHIFT);
	expect('1', KEY_1, PLAIN);
	expect('@', KEY_2, SHIFT);
	expect('/', KEY_SLASH, PLAIN);
	expect('*', KEY_8, SHIFT);
	expect('~', KEY_GRAVE, SHIFT);
	expect(' ', KEY_SPACE, PLAIN);
	expect_none(0xE9);
	expect_none(0x20AC);
	expect_none(0x1F600);
	expect_none(0);
	close_layout();
}

static void german(void **state)
{
	open_layout("de", NULL);
	expect('z', KEY_Y, PLAIN);
	expect('y', KEY_Z, PLAIN);
	expect(0xFC, KEY_LEFTBRACE, PLAIN); /* u umlaut */
	expect(0xDC, KEY_LEFTBRACE, SHIFT);
	expect(0xDF, KEY_MINUS, PLAIN); /* sharp s */
	expect('/', KEY_7, SHIFT);
	expect('@', KEY_Q, ALT_GR);
	expect('{', KEY_7, ALT_GR);
	expect('\\', KEY_MINUS, ALT_GR);
	expect(0x20AC, KEY_E, ALT_GR); /* euro */
	expect(0xBF, KEY_MINUS, BOTH); /* inverted question mark */
	expect_none(0x3B1);            /* alpha */
	close_layout();
}

static void french(void **state)
{
	open_layout("fr", NULL);
	expect('a', KEY_Q, PLAIN);
	expect('q', KEY_A, PLAIN);
	expect('M', KEY_SEMICOLON, SHIFT);
	expect('1', KEY_1, SHIFT);
	expect('&', KEY_1, PLAIN);
	expect(0xE9, KEY_2, PLAIN); /* e acute */
	expect('#', KEY_3, ALT_GR);
	expect('.', KEY_COMMA, SHIFT);
	close_layout();
}

static void dvorak(void **state)
{
	open_layout("us", "dvorak");
	expect('a', KEY_A, PLAIN);
	expect('s', KEY_SEMICOLON, PLAIN);
	expect('Q', KEY_X, SHIFT);
	expect('/', KEY_LEFTBRACE, PLAIN);
	expect('-', KEY_APOSTROPHE, PLAIN);
	close_layout();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(american),
		cmocka_unit_test(german),
		cmocka_unit_test(french),
		cmocka_unit_test(dvorak),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
