/* The list of apps: what is read, what a wrong file leaves alone, and the line that is run. */
#include "gamestream/apps.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static struct pf_gs_apps apps;
static long version;

static int begin(void **state)
{
	strcpy(folder, "/tmp/pf-apps-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	version = 1000;
	return pf_gs_apps_init(&apps, folder);
}

static int end(void **state)
{
	pf_gs_apps_finish(&apps);
	unlink(apps.path);
	return rmdir(folder);
}

static void set_time(long seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
	assert_int_equal(utimensat(AT_FDCWD, apps.path, times, 0), 0);
}

/* Every file is newer than the one before, however fast the test runs. */
static void put_file(const char *text)
{
	FILE *f = fopen(apps.path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	set_time(++version);
}

static void load(const char *text)
{
	put_file(text);
	pf_gs_apps_refresh(&apps);
}

static const struct pf_gs_app *find(const char *title)
{
	for (size_t i = 0; i < apps.count; i++) {
		if (!strcmp(apps.app[i].title, title))
			return &apps.app[i];
	}
	return NULL;
}

static const char two[] = "{\"apps\": [{\"name\": \"Doom\", \"command\": \"chocolate-doom -iwad x\","
			  " \"env\": {\"K\": \"v\", \"_2\": \"\"}, \"image\": \"/pictures/doom.png\"},"
			  " {\"name\": \"Qu\xc3\xa4ke\", \"command\": \"quake\"}]}";

static void without_a_file_there_is_the_desktop(void **state)
{
	pf_gs_apps_refresh(&apps);
	assert_int_equal(apps.count, 1);
	assert_int_equal(apps.app[0].id, PF_GS_DESKTOP_ID);
	assert_string_equal(apps.app[0].title, "Desktop");
	assert_null(apps.app[0].command);
	assert_ptr_equal(pf_gs_apps_find(&apps, 1), &apps.app[0]);
	assert_null(pf_gs_apps_find(&apps, 0));
	assert_null(pf_gs_apps_find(&apps, 2));
}

static void apps_are_read(void **state)
{
	load(two);
	assert_int_equal(apps.count, 3);
	assert_string_equal(apps.app[0].title, "Desktop");
	const struct pf_gs_app *doom = &apps.app[1], *quake = &apps.app[2];
	assert_string_equal(doom->title, "Doom");
	assert_string_equal(doom->command, "chocolate-doom -iwad x");
	assert_string_equal(doom->environment, "export K='v'; export _2=''; ");
	assert_string_equal(doom->image, "/pictures/doom.png");
	assert_string_equal(quake->title, "Qu\xc3\xa4ke");
	assert_null(quake->environment);
	assert_null(quake->image);
	assert_ptr_equal(pf_gs_apps_find(&apps, quake->id), quake);
}

/* FNV-1a of the name: clients keep the numbers, so they must never change. */
static void ids_follow_from_names(void **state)
{
	load(two);
	uint32_t doom = find("Doom")->id, quake = find("Qu\xc3\xa4ke")->id;
	uint32_t h = 2166136261u;
	for (const char *s = "Doom"; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	assert_int_equal(doom, h & 0x7fffffff);
	assert_true(doom > 1 && quake > 1 && doom != quake);
	load("{\"apps\": [{\"name\": \"New\", \"command\": \"new\"},"
	     " {\"name\": \"Qu\xc3\xa4ke\", \"command\": \"other\"},"
	     " {\"name\": \"Doom\", \"command\": \"doom\"}]}");
	assert_int_equal(apps.count, 4);
	assert_int_equal(find("Doom")->id, doom);
	assert_int_equal(find("Qu\xc3\xa4ke")->id, quake);
	assert_string_equal(pf_gs_apps_find(&apps, quake)->command, "other");
}

static void equal_names_have_unequal_ids(void **state)
{
	load("{\"apps\": [{\"name\": \"A\", \"command\": \"1\"}, {\"name\": \"A\", \"command\": \"2\"},"
	     " {\"name\": \"A\", \"command\": \"3\"}]}");
	assert_int_equal(apps.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_ptr_equal(pf_gs_apps_find(&apps, apps.app[i].id), &apps.app[i]);
		assert_true(apps.app[i].id >= 1 && apps.app[i].id <= INT32_MAX);
	}
	assert_int_equal(apps.app[2].id, apps.app[1].id + 1);
}

/* --- files that are wrong --- */

static void expect_old_list(const char *text)
{
	load(two);
	assert_int_equal(apps.count, 3);
	uint32_t id = apps.app[1].id;
	load(text);
	if (apps.count != 3)
		fail_msg("taken: %.200s", text);
	assert_int_equal(apps.app[0].id, PF_GS_DESKTOP_ID);
	assert_string_equal(pf_gs_apps_find(&apps, id)->command, "chocolate-doom -iwad x");
}

static void a_wrong_file_leaves_the_list_alone(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "null", "{\"apps\": {}}", "{\"apps\": [1]}",
		"{\"apps\": [{}]}", "{\"apps\": [{\"name\": \"x\"}]}", "{\"apps\": [{\"command\": \"x\"}]}",
		"{\"apps\": [{\"name\": \"\", \"command\": \"x\"}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"\"}]}",
		"{\"apps\": [{\"name\": 1, \"command\": \"x\"}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": [\"x\"]}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"a\\nb\"}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"a\\rb\"}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"image\": 1}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"1A\": \"\"}}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"\": \"\"}}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"A;B\": \"\"}}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"A-B\": \"\"}}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"A\": 1}}]}",
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"A\": \"b\\nc\"}}]}",
		"{\"apps\": [{\"name\": \"y\", \"command\": \"y\"}, {\"name\": \"x\"}]}",
		"{\"apps\": [{\"name\": \"x\", \"name\": \"y\", \"command\": \"x\"}]}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_old_list(bad[i]);
}

/* The line that is run has the name in it. */
static void names_are_of_one_line(void **state)
{
	expect_old_list("{\"apps\": [{\"name\": \"x\\ny\", \"command\": \"x\"}]}");
	expect_old_list("{\"apps\": [{\"name\": \"x\\ry\", \"command\": \"x\"}]}");
}

static void an_environment_is_an_object(void **state)
{
	expect_old_list("{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": [\"A=b\"]}]}");
	expect_old_list("{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": \"A=b\"}]}");
}

static void what_is_too_long(void **state)
{
	char text[8192], run[5000];
	memset(run, 'a', sizeof(run));
	snprintf(text, sizeof(text), "{\"apps\": [{\"name\": \"%.*s\", \"command\": \"x\"}]}",
		PF_GS_TITLE_MAX + 1, run);
	expect_old_list(text);
	snprintf(text, sizeof(text), "{\"apps\": [{\"name\": \"x\", \"command\": \"%.*s\"}]}",
		PF_GS_COMMAND_MAX / 4 + 1, run);
	expect_old_list(text);
	snprintf(text, sizeof(text),
		"{\"apps\": [{\"name\": \"x\", \"command\": \"x\", \"env\": {\"A\": \"%.*s\"}}]}",
		PF_GS_COMMAND_MAX / 2, run);
	expect_old_list(text);
	snprintf(text, sizeof(text), "{\"apps\": [{\"name\": \"%.*s\", \"command\": \"%.*s\"}]}",
		PF_GS_TITLE_MAX, run, PF_GS_COMMAND_MAX / 4, run);
	load(text);
	assert_int_equal(apps.count, 2);
	assert_int_equal(strlen(apps.app[1].title), PF_GS_TITLE_MAX);
}

static void write_many(char *text, unsigned count)
{
	text += sprintf(text, "{\"apps\": [");
	for (unsigned i = 0; i < count; i++)
		text += sprintf(text, "%s{\"name\": \"%u\", \"command\": \"x\"}", i ? "," : "", i);
	strcpy(text, "]}");
}

static void there_is_room_for_many(void **state)
{
	char text[16384];
	write_many(text, PF_GS_APPS_MAX);
	expect_old_list(text);
	write_many(text, PF_GS_APPS_MAX - 1);
	load(text);
	assert_int_equal(apps.count, PF_GS_APPS_MAX);
}

/* --- changes --- */

static void only_a_changed_file_is_read_again(void **state)
{
	load(two);
	struct stat st;
	assert_int_equal(stat(apps.path, &st), 0);
	put_file("{\"apps\": []}");
	set_time(st.st_mtim.tv_sec);
	pf_gs_apps_refresh(&apps);
	assert_int_equal(apps.count, 3);
	set_time(st.st_mtim.tv_sec - 10); /* older is changed too: somebody put a copy back */
	pf_gs_apps_refresh(&apps);
	assert_int_equal(apps.count, 1);
	load(two);
	assert_int_equal(apps.count, 3);
	assert_int_equal(stat(apps.path, &st), 0);
	unlink(apps.path);
	pf_gs_apps_refresh(&apps);
	assert_int_equal(apps.count, 1);
	assert_int_equal(apps.app[0].id, PF_GS_DESKTOP_ID);
	put_file(two);
	set_time(st.st_mtim.tv_sec);
	pf_gs_apps_refresh(&apps);
	assert_int_equal(apps.count, 3);
}

static void paths_have_a_limit(void **state)
{
	static struct pf_gs_apps other;
	char *path = malloc(PATH_MAX);
	memset(path, 'a', PATH_MAX);
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(pf_gs_apps_init(&other, path), PF_ERR_LIMIT);
	path[PATH_MAX - 1 - 10] = '\0'; /* "/apps.json" */
	assert_int_equal(pf_gs_apps_init(&other, path), PF_OK);
	free(path);
}

/* --- the line that is run --- */

static const struct pf_mode mode = {1920, 1080, 60};

static void the_line_that_is_run(void **state)
{
	char out[PF_GS_COMMAND_MAX], wanted[512];
	load(two);
	assert_true(pf_gs_app_command(&apps.app[1], "sway", mode, out));
	snprintf(wanted, sizeof(wanted),
		"export K='v'; export _2=''; export PF_APP_ID='%u'; export PF_APP_TITLE='Doom'; "
		"export PF_STREAM_WIDTH='1920'; export PF_STREAM_HEIGHT='1080'; "
		"export PF_STREAM_REFRESH='60'; chocolate-doom -iwad x",
		apps.app[1].id);
	assert_string_equal(out, wanted);
	assert_true(pf_gs_app_command(&apps.app[2], NULL, (struct pf_mode){0}, out));
	snprintf(wanted, sizeof(wanted), "export PF_APP_ID='%u'; export PF_APP_TITLE='Qu\xc3\xa4ke'; quake",
		apps.app[2].id);
	assert_string_equal(out, wanted);
}

static void the_desktop_runs_what_it_is(void **state)
{
	char out[PF_GS_COMMAND_MAX] = "x";
	assert_true(pf_gs_app_command(&apps.app[0], NULL, mode, out));
	assert_string_equal(out, "");
	assert_true(pf_gs_app_command(&apps.app[0], "plasma", (struct pf_mode){0}, out));
	assert_string_equal(out, "export PF_APP_ID='1'; export PF_APP_TITLE='Desktop'; plasma");
}

/* A shell is asked what it makes of it. */
static void quotes_do_not_end_the_quoting(void **state)
{
	char out[PF_GS_COMMAND_MAX], got[128] = "";
	load("{\"apps\": [{\"name\": \"It's; \\\"$HOME\\\"\", \"env\": {\"V\": \"a'b$(false)`x`\\\\'\"},"
	     " \"command\": \"printf '%s|%s' \\\"$V\\\" \\\"$PF_APP_TITLE\\\"\"}]}");
	assert_int_equal(apps.count, 2);
	assert_string_equal(apps.app[1].environment, "export V='a'\\''b$(false)`x`\\'\\'''; ");
	assert_true(pf_gs_app_command(&apps.app[1], NULL, mode, out));
	FILE *f = popen(out, "r");
	assert_non_null(f);
	assert_non_null(fgets(got, sizeof(got), f));
	assert_int_equal(pclose(f), 0);
	assert_string_equal(got, "a'b$(false)`x`\\'|It's; \"$HOME\"");
}

static void a_line_that_does_not_fit_is_told(void **state)
{
	char out[PF_GS_COMMAND_MAX];
	char *desktop = malloc(PF_GS_COMMAND_MAX);
	memset(desktop, 'a', PF_GS_COMMAND_MAX);
	desktop[PF_GS_COMMAND_MAX - 1] = '\0';
	assert_false(pf_gs_app_command(&apps.app[0], desktop, mode, out));
	desktop[7000] = '\0';
	assert_true(pf_gs_app_command(&apps.app[0], desktop, mode, out));
	free(desktop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_there_is_the_desktop, begin, end),
		cmocka_unit_test_setup_teardown(apps_are_read, begin, end),
		cmocka_unit_test_setup_teardown(ids_follow_from_names, begin, end),
		cmocka_unit_test_setup_teardown(equal_names_have_unequal_ids, begin, end),
		cmocka_unit_test_setup_teardown(a_wrong_file_leaves_the_list_alone, begin, end),
		cmocka_unit_test_setup_teardown(names_are_of_one_line, begin, end),
		cmocka_unit_test_setup_teardown(an_environment_is_an_object, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_long, begin, end),
		cmocka_unit_test_setup_teardown(there_is_room_for_many, begin, end),
		cmocka_unit_test_setup_teardown(only_a_changed_file_is_read_again, begin, end),
		cmocka_unit_test_setup_teardown(paths_have_a_limit, begin, end),
		cmocka_unit_test_setup_teardown(the_line_that_is_run, begin, end),
		cmocka_unit_test_setup_teardown(the_desktop_runs_what_it_is, begin, end),
		cmocka_unit_test_setup_teardown(quotes_do_not_end_the_quoting, begin, end),
		cmocka_unit_test_setup_teardown(a_line_that_does_not_fit_is_told, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
