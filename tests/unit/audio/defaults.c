/* Without a daemon: what is claimed is on disk first, and is not claimed when it cannot be. */
#include "audio/defaults.h"

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

static char directory[] = "/tmp/pf-test-defaults-XXXXXX";
static char config[64], journal[96];

static struct pf_audio_defaults *create(void)
{
	struct pf_audio_defaults *d = NULL;
	struct pf_reason reason = {0};
	if (pf_audio_defaults_create(&d, config, "/nonexistent/pipewire-0", 60000, &reason) < 0)
		fail_msg("%s", reason.text);
	return d;
}

static void a_claim_is_on_disk_until_a_graph_has_let_it_go(void **state)
{
	struct pf_audio_claim *c;
	struct pf_audio_defaults *d = create();
	assert_int_equal(
		pf_audio_defaults_claim(d, &c, PF_AUDIO_DEFAULT_SINK, "punktfunk-speaker-1-1"), PF_OK);
	char *text;
	size_t len;
	assert_int_equal(pf_file_read(journal, 65536, &text, &len), PF_OK);
	assert_non_null(strstr(text, "punktfunk-speaker-1-1"));
	free(text);
	char name[64] = "x";
	pf_audio_defaults_previous(d, PF_AUDIO_DEFAULT_SINK, name, sizeof(name));
	assert_string_equal(name, "");
	pf_audio_defaults_release(d, c);
	pf_audio_defaults_destroy(d);
	assert_int_equal(access(journal, F_OK), 0);
	/* A daemon that is not there is not waited for. */
	pf_audio_defaults_destroy(create());
	assert_int_equal(access(journal, F_OK), 0);
	unlink(journal);
}

static void without_a_journal_nothing_is_claimed(void **state)
{
	struct pf_audio_claim *c = NULL;
	struct pf_audio_defaults *d = create();
	assert_int_equal(rmdir(config), 0);
	assert_int_equal(pf_audio_defaults_claim(d, &c, PF_AUDIO_DEFAULT_SOURCE, "punktfunk-mic"), PF_ERR_IO);
	assert_null(c);
	assert_int_equal(mkdir(config, 0700), 0);
	assert_int_equal(pf_audio_defaults_claim(d, &c, PF_AUDIO_DEFAULT_SOURCE, "punktfunk-mic"), PF_OK);
	pf_audio_defaults_release(d, c);
	pf_audio_defaults_destroy(d);
	unlink(journal);
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(config, sizeof(config), "%s/config", directory);
	snprintf(journal, sizeof(journal), "%s/audio-defaults", config);
	return mkdir(config, 0700);
}

static int remove_directory(void **state)
{
	return pf_dir_remove(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_is_on_disk_until_a_graph_has_let_it_go),
		cmocka_unit_test(without_a_journal_nothing_is_claimed),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
