#include "audio/default_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/file.h"

static char directory[] = "/tmp/pf-test-journal-XXXXXX";
static char path[64], aside[64];

static void write_text(const char *text, size_t len)
{
	assert_int_equal(pf_file_write_atomic(path, text, len, 0600), PF_OK);
}

static void open_journal(struct pf_default_journal *j, struct pf_default_ledger l[PF_AUDIO_DEFAULTS])
{
	memset(l, 0, sizeof(*l) * PF_AUDIO_DEFAULTS);
	assert_int_equal(pf_default_journal_open(j, directory, l, NULL), PF_OK);
}

static void what_is_owed_comes_back(void **state)
{
	struct pf_default_journal j;
	struct pf_default_ledger l[PF_AUDIO_DEFAULTS];
	struct pf_default_claim speaker = {.node = "punktfunk-speaker-1-1"}, mic = {.node = "punktfunk-mic"};
	open_journal(&j, l);
	assert_int_equal(pf_default_journal_save(&j, l), PF_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	pf_default_ledger_observe(&l[PF_AUDIO_DEFAULT_SINK], "a \"quoted\" \xc3\xa9 name");
	pf_default_ledger_claim(&l[PF_AUDIO_DEFAULT_SINK], &speaker);
	pf_default_ledger_claim(&l[PF_AUDIO_DEFAULT_SOURCE], &mic); /* what was there is not known yet */
	assert_int_equal(pf_default_journal_save(&j, l), PF_OK);
	pf_default_journal_finish(&j);

	struct pf_default_ledger read[PF_AUDIO_DEFAULTS];
	open_journal(&j, read);
	for (size_t w = 0; w < PF_AUDIO_DEFAULTS; w++) {
		assert_true(read[w].owed);
		assert_int_equal(read[w].captured, l[w].captured);
		assert_string_equal(read[w].previous, l[w].previous);
		assert_int_equal(read[w].ours_count, 1);
		assert_string_equal(read[w].ours[0], l[w].ours[0]);
		read[w].owed = false;
	}
	assert_int_equal(pf_default_journal_save(&j, read), PF_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	pf_default_journal_finish(&j);
}

static void assert_refused(const char *text, size_t len)
{
	struct pf_default_journal j;
	struct pf_default_ledger l[PF_AUDIO_DEFAULTS];
	write_text(text, len);
	open_journal(&j, l);
	assert_false(l[0].owed || l[1].owed);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(access(aside, F_OK), 0);
	unlink(aside);
	pf_default_journal_finish(&j);
}

#define SINK(debt) "{\"default.configured.audio.sink\": " debt "}"

static void damage_is_put_aside(void **state)
{
	static const char *const damaged[] = {"", "[]", "null", "\"x\"", "{", SINK("7"), SINK("{}"),
		SINK("{\"ours\": []}"), SINK("{\"ours\": [\"\"]}"), SINK("{\"ours\": [7]}"),
		SINK("{\"ours\": {\"a\": 1}}"), SINK("{\"ours\": [\"a\"], \"previous\": null}"),
		SINK("{\"ours\": [\"a\\u0000b\"]}"), SINK("{\"ours\": [\"\xff\"]}"),
		SINK("{\"ours\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]}"),
		SINK("{\"ours\": [\"0123456789012345678901234567890123456789012345678901234567890123\"]}")};
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		assert_refused(damaged[i], strlen(damaged[i]));
	static const char whole[] = SINK("{\"ours\": [\"a\"], \"previous\": \"b\"}");
	for (size_t len = 1; len < sizeof(whole) - 1; len += 7)
		assert_refused(whole, len);
	char *huge = malloc(100000);
	memset(huge, ' ', 100000);
	assert_refused(huge, 100000);
	free(huge);
}

static void what_cannot_be_written_is_told(void **state)
{
	struct pf_default_journal j;
	struct pf_default_ledger l[PF_AUDIO_DEFAULTS] = {0};
	char missing[80];
	snprintf(missing, sizeof(missing), "%s/missing", directory);
	assert_int_equal(pf_default_journal_open(&j, missing, l, NULL), PF_OK);
	struct pf_default_claim c = {.node = "punktfunk-mic"};
	pf_default_ledger_claim(&l[0], &c);
	assert_int_equal(pf_default_journal_save(&j, l), PF_ERR_IO);
	assert_int_equal(mkdir(missing, 0700), 0);
	assert_int_equal(pf_default_journal_save(&j, l), PF_OK);
	pf_default_journal_finish(&j);
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/audio-defaults", directory);
	snprintf(aside, sizeof(aside), "%s/audio-defaults.refused", directory);
	return 0;
}

static int remove_directory(void **state)
{
	return pf_dir_remove(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_owed_comes_back),
		cmocka_unit_test(damage_is_put_aside),
		cmocka_unit_test(what_cannot_be_written_is_told),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
