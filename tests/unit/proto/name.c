#include "proto/native/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_name(const char *raw, size_t len, const char *want)
{
	char out[PF_NAME_BYTES_MAX + 1];
	pf_name_sanitise(out, raw, len, NULL);
	assert_string_equal(out, want);
}

#define ASSERT_NAME(raw, want) assert_name(raw, sizeof(raw) - 1, want)

static void names_are_cleaned(void **state)
{
	ASSERT_NAME("Deck", "Deck");
	ASSERT_NAME("  My \xc2\xa0  Deck  ", "My Deck");
	ASSERT_NAME("a\nb\tc\x7f\0d", "abcd");
	ASSERT_NAME("\xc2\x85x\xc2\x9f", "x");
	/* right-to-left override and its kin, the mark of byte order */
	ASSERT_NAME("evil\xe2\x80\xaegpj.exe", "evilgpj.exe");
	ASSERT_NAME("a\xe2\x81\xa6"
		    "b\xe2\x81\xa9"
		    "c\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c",
		"abc");
	ASSERT_NAME("\xef\xbb\xbfx", "x");
	ASSERT_NAME("J\xc3\xb6rg \xf0\x9f\x8e\xae", "J\xc3\xb6rg \xf0\x9f\x8e\xae");
	ASSERT_NAME("a\xff\xfe\x80"
		    "b",
		"ab");
	ASSERT_NAME("\xe3\x80\x80\xe2\x80\x83x", "x");
}

static void nothing_left_is_named_after_the_fingerprint(void **state)
{
	const uint8_t fingerprint[32] = {0xde, 0xad, 0xbe, 0xef, 0x11};
	char out[PF_NAME_BYTES_MAX + 1];
	pf_name_sanitise(out, " \n\xe2\x80\xae ", 6, fingerprint);
	assert_string_equal(out, "device deadbeef");
	pf_name_sanitise(out, NULL, 0, NULL);
	assert_string_equal(out, "device");
}

static void cut_on_a_character_boundary(void **state)
{
	char raw[70], out[PF_NAME_BYTES_MAX + 1];
	memset(raw, 'a', sizeof(raw));
	memcpy(raw + 63, "\xc3\xb6", 2);
	pf_name_sanitise(out, raw, sizeof(raw), NULL);
	assert_int_equal(strlen(out), 63);
	memset(raw, 'a', sizeof(raw));
	raw[63] = ' ';
	pf_name_sanitise(out, raw, sizeof(raw), NULL);
	assert_int_equal(strlen(out), 63);
	memcpy(raw + 62, "\xc3\xb6", 2);
	pf_name_sanitise(out, raw, sizeof(raw), NULL);
	assert_int_equal(strlen(out), 64);
	assert_true(pf_utf8_valid(out, 64));
}

static void utf8_is_well_formed(void **state)
{
	static const char *const good[] = {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xff", "a\xe2\x28\xa1"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(pf_utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pf_utf8_valid(bad[i], strlen(bad[i])));
	assert_false(pf_utf8_valid("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(nothing_left_is_named_after_the_fingerprint),
		cmocka_unit_test(cut_on_a_character_boundary),
		cmocka_unit_test(utf8_is_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
