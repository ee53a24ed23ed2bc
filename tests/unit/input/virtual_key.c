/* Both tables of virtual keys, number by number (gamestream 5.2, native-control 5.2). */
#include "input/virtual_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct pair {
	uint8_t vk;
	uint16_t code;
};

/* clang-format off */
static const struct pair gamestream[] = {
	{0x08, 14}, {0x09, 15}, {0x0C, 355}, {0x0D, 28}, {0x10, 42}, {0x11, 29},
	{0x12, 56}, {0x13, 119}, {0x14, 58}, {0x15, 93}, {0x16, 122}, {0x17, 123},
	{0x19, 85}, {0x1B, 1}, {0x1C, 92}, {0x1D, 94}, {0x20, 57}, {0x21, 104},
	{0x22, 109}, {0x23, 107}, {0x24, 102}, {0x25, 105}, {0x26, 103}, {0x27, 106},
	{0x28, 108}, {0x29, 353}, {0x2A, 99}, {0x2C, 99}, {0x2D, 110}, {0x2E, 111},
	{0x2F, 138}, {0x30, 11}, {0x31, 2}, {0x32, 3}, {0x33, 4}, {0x34, 5},
	{0x35, 6}, {0x36, 7}, {0x37, 8}, {0x38, 9}, {0x39, 10}, {0x41, 30},
	{0x42, 48}, {0x43, 46}, {0x44, 32}, {0x45, 18}, {0x46, 33}, {0x47, 34},
	{0x48, 35}, {0x49, 23}, {0x4A, 36}, {0x4B, 37}, {0x4C, 38}, {0x4D, 50},
	{0x4E, 49}, {0x4F, 24}, {0x50, 25}, {0x51, 16}, {0x52, 19}, {0x53, 31},
	{0x54, 20}, {0x55, 22}, {0x56, 47}, {0x57, 17}, {0x58, 45}, {0x59, 21},
	{0x5A, 44}, {0x5B, 125}, {0x5C, 126}, {0x5D, 127}, {0x5F, 142}, {0x60, 82},
	{0x61, 79}, {0x62, 80}, {0x63, 81}, {0x64, 75}, {0x65, 76}, {0x66, 77},
	{0x67, 71}, {0x68, 72}, {0x69, 73}, {0x6A, 55}, {0x6B, 78}, {0x6C, 121},
	{0x6D, 74}, {0x6E, 83}, {0x6F, 98}, {0x70, 59}, {0x71, 60}, {0x72, 61},
	{0x73, 62}, {0x74, 63}, {0x75, 64}, {0x76, 65}, {0x77, 66}, {0x78, 67},
	{0x79, 68}, {0x7A, 87}, {0x7B, 88}, {0x7C, 183}, {0x7D, 184}, {0x7E, 185},
	{0x7F, 186}, {0x80, 187}, {0x81, 188}, {0x82, 189}, {0x83, 190}, {0x84, 191},
	{0x85, 192}, {0x86, 193}, {0x87, 194}, {0x90, 69}, {0x91, 70}, {0x92, 117},
	{0x9A, 99}, {0xA0, 42}, {0xA1, 54}, {0xA2, 29}, {0xA3, 97}, {0xA4, 56},
	{0xA5, 100}, {0xA6, 158}, {0xA7, 159}, {0xA8, 173}, {0xA9, 128}, {0xAA, 217},
	{0xAB, 156}, {0xAC, 172}, {0xAD, 113}, {0xAE, 114}, {0xAF, 115}, {0xB0, 163},
	{0xB1, 165}, {0xB2, 166}, {0xB3, 164}, {0xB4, 155}, {0xB5, 226}, {0xB6, 157},
	{0xB7, 140}, {0xBA, 39}, {0xBB, 13}, {0xBC, 51}, {0xBD, 12}, {0xBE, 52},
	{0xBF, 53}, {0xC0, 41}, {0xC1, 89}, {0xC2, 121}, {0xDB, 26}, {0xDC, 43},
	{0xDD, 27}, {0xDE, 40}, {0xDF, 41}, {0xE2, 86}, {0xE5, 127}, {0xF1, 90},
	{0xF2, 91},
};

static const struct pair native[] = {
	{0x08, 14}, {0x09, 15}, {0x0D, 28}, {0x10, 42}, {0x11, 29}, {0x12, 56}, {0x13, 119},
	{0x14, 58}, {0x15, 122}, {0x19, 123}, {0x1B, 1}, {0x1C, 92}, {0x1D, 94}, {0x20, 57},
	{0x21, 104}, {0x22, 109}, {0x23, 107}, {0x24, 102}, {0x25, 105}, {0x26, 103}, {0x27, 106},
	{0x28, 108}, {0x2C, 99}, {0x2D, 110}, {0x2E, 111}, {0x5B, 125}, {0x5C, 126}, {0x5D, 127},
	{0x60, 82}, {0x61, 79}, {0x62, 80}, {0x63, 81}, {0x64, 75}, {0x65, 76}, {0x66, 77},
	{0x67, 71}, {0x68, 72}, {0x69, 73}, {0x6A, 55}, {0x6B, 78}, {0x6C, 96}, {0x6D, 74},
	{0x6E, 83}, {0x6F, 98}, {0x7A, 87}, {0x7B, 88}, {0x90, 69}, {0x91, 70}, {0xA0, 42},
	{0xA1, 54}, {0xA2, 29}, {0xA3, 97}, {0xA4, 56}, {0xA5, 100}, {0xB0, 163}, {0xB1, 165},
	{0xB2, 166}, {0xB3, 164}, {0xBA, 39}, {0xBB, 13}, {0xBC, 51}, {0xBD, 12}, {0xBE, 52},
	{0xBF, 53}, {0xC0, 41}, {0xC1, 89}, {0xC2, 121}, {0xDB, 26}, {0xDC, 43}, {0xDD, 27},
	{0xDE, 40}, {0xE1, 124}, {0xE2, 86}, {0xF2, 93}, {0xF3, 85},
};
/* clang-format on */

static void gamestreams_table_is_complete_and_closed(void **state)
{
	uint16_t wanted[256] = {0};
	for (size_t i = 0; i < sizeof(gamestream) / sizeof(gamestream[0]); i++)
		wanted[gamestream[i].vk] = gamestream[i].code;
	for (uint32_t vk = 0; vk < 256; vk++) {
		if (pf_virtual_key_evdev(vk, PF_KEYS_GAMESTREAM) != wanted[vk])
			fail_msg("0x%02X is %u", vk, pf_virtual_key_evdev(vk, PF_KEYS_GAMESTREAM));
	}
}

static void the_native_table_is_complete(void **state)
{
	for (size_t i = 0; i < sizeof(native) / sizeof(native[0]); i++) {
		if (pf_virtual_key_evdev(native[i].vk, PF_KEYS_NATIVE) != native[i].code)
			fail_msg("0x%02X is %u", native[i].vk,
				pf_virtual_key_evdev(native[i].vk, PF_KEYS_NATIVE));
	}
}

static void letters_digits_and_function_keys_are_the_same(void **state)
{
	static const uint8_t letters[] = {30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16,
		19, 31, 20, 22, 47, 17, 45, 21, 44};
	for (int dialect = PF_KEYS_NATIVE; dialect <= PF_KEYS_GAMESTREAM; dialect++) {
		for (uint32_t i = 0; i < 26; i++)
			assert_int_equal(
				pf_virtual_key_evdev('A' + i, (enum pf_key_dialect)dialect), letters[i]);
		for (uint32_t i = 1; i <= 9; i++)
			assert_int_equal(pf_virtual_key_evdev('0' + i, (enum pf_key_dialect)dialect), 1 + i);
		assert_int_equal(pf_virtual_key_evdev('0', (enum pf_key_dialect)dialect), 11);
		for (uint32_t i = 0; i < 10; i++)
			assert_int_equal(
				pf_virtual_key_evdev(0x70 + i, (enum pf_key_dialect)dialect), 59 + i);
	}
}

static void keys_with_two_meanings(void **state)
{
	static const struct {
		uint8_t vk;
		uint16_t native, gamestream;
	} keys[] = {
		{0x15, 122, 93}, /* Hangul; Kana */
		{0x19, 123, 85}, /* Hanja; Zenkaku */
		{0x6C, 96, 121}, /* keypad's Enter; its separator */
		{0xE1, 124, 0},  /* Yen */
		{0xF2, 93, 91},  /* Kana; Hiragana */
		{0xF3, 85, 0},   /* Zenkaku */
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(pf_virtual_key_evdev(keys[i].vk, PF_KEYS_NATIVE), keys[i].native);
		assert_int_equal(pf_virtual_key_evdev(keys[i].vk, PF_KEYS_GAMESTREAM), keys[i].gamestream);
	}
}

static void larger_numbers_are_no_keys(void **state)
{
	static const uint32_t none[] = {256, 0x141, 0x8041, 0x80000041, UINT32_MAX};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(pf_virtual_key_evdev(none[i], PF_KEYS_NATIVE), 0);
		assert_int_equal(pf_virtual_key_evdev(none[i], PF_KEYS_GAMESTREAM), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gamestreams_table_is_complete_and_closed),
		cmocka_unit_test(the_native_table_is_complete),
		cmocka_unit_test(letters_digits_and_function_keys_are_the_same),
		cmocka_unit_test(keys_with_two_meanings),
		cmocka_unit_test(larger_numbers_are_no_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
