/* native-media 6.1. */
#include "proto/native/audio_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void arrangements_follow_the_table(void **state)
{
	for (unsigned channels = 2; channels <= 8; channels += channels == 2 ? 4 : 2) {
		for (unsigned layout = 0; layout <= PF_AUDIO_UNCOUPLED; layout++) {
			const struct pf_audio_arrangement *a =
				pf_audio_arrange(channels, (enum pf_audio_layout)layout);
			assert_int_equal(a->channels, channels);
			assert_int_equal(a->streams + a->coupled, channels);
			unsigned used = 0;
			for (unsigned i = 0; i < channels; i++)
				used |= 1u << a->mapping[i];
			assert_int_equal(used, (1u << channels) - 1);
		}
	}
	assert_int_equal(pf_audio_arrange(6, PF_AUDIO_LEGACY)->coupled, 2);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_LEGACY)->coupled, 3);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_UNCOUPLED)->coupled, 0);
	const uint8_t standard51[] = {0, 1, 4, 5, 2, 3}, standard71[] = {0, 1, 6, 7, 2, 3, 4, 5};
	assert_memory_equal(pf_audio_arrange(6, PF_AUDIO_STANDARD)->mapping, standard51, 6);
	assert_memory_equal(pf_audio_arrange(8, PF_AUDIO_STANDARD)->mapping, standard71, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(pf_audio_arrange(8, PF_AUDIO_LEGACY)->mapping[i], i);
	assert_int_equal(pf_audio_arrange(6, PF_AUDIO_UNCOUPLED)->base_kbps, 1536);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_STANDARD)->base_kbps, 450);
	assert_int_equal(pf_audio_arrange(3, PF_AUDIO_LEGACY)->channels, 2);
	assert_int_equal(pf_audio_arrange(6, (enum pf_audio_layout)9)->streams, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrangements_follow_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
