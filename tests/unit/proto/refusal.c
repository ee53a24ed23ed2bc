#include "proto/native/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void each_refusal_has_one_word_and_back(void **state)
{
	unsigned refusals = 0;
	for (uint64_t code = 0; code < 0x200; code++) {
		const char *word = pf_refusal_word(code);
		assert_int_equal(word != NULL, pf_close_is_refusal(code));
		assert_int_equal(word != NULL, pf_refusal_sentence(code) != NULL);
		if (!word)
			continue;
		refusals++;
		enum pf_close_code back;
		assert_true(pf_refusal_parse(word, &back));
		assert_int_equal(back, code);
		assert_in_range(strlen(pf_refusal_sentence(code)), 10, 256);
	}
	assert_int_equal(refusals, 1 + 0x10);
}

static void plain_ends_are_no_refusals(void **state)
{
	static const uint64_t plain[] = {0, 1, 0x41, 0x51, 0x52, 0x5f, 0x70, UINT64_MAX, (1ull << 62) - 1};
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_false(pf_close_is_refusal(plain[i]));
	enum pf_close_code code;
	assert_false(pf_refusal_parse("quit", &code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_refusal_has_one_word_and_back),
		cmocka_unit_test(plain_ends_are_no_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
