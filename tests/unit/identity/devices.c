/* The store of paired devices: what it keeps, what it refuses, and what is left of it after a crash. */
#include "identity/devices.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/file.h"
#include "proto/native/caps.h"

#define NOW 1800000000

/* --- faults: the program is linked so that these stand before the system's --- */

enum fault { FAULT_NONE, FAULT_ERROR, FAULT_KILL_BEFORE, FAULT_KILL_HALFWAY, FAULT_KILL_AFTER };

static struct {
	enum fault kind;
	int countdown; /* calls that still go well */
} fault;

/* True: this call is the one. */
static bool strikes(void)
{
	if (fault.kind == FAULT_NONE || fault.countdown-- > 0)
		return false;
	if (fault.kind == FAULT_KILL_BEFORE)
		raise(SIGKILL);
	errno = ENOSPC;
	return true;
}

static void after(bool struck)
{
	if (struck && fault.kind != FAULT_ERROR)
		raise(SIGKILL);
}

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	bool struck = strikes();
	if (struck && fault.kind == FAULT_ERROR)
		return -1;
	ssize_t n = __real_write(fd, data, struck && fault.kind == FAULT_KILL_HALFWAY ? len / 2 : len);
	after(struck);
	return n;
}

#define WRAP(name, parameters, arguments)                                                    \
	int __real_##name parameters;                                                        \
	int __wrap_##name parameters;                                                        \
	int __wrap_##name parameters                                                         \
	{                                                                                    \
		bool struck = strikes();                                                     \
		int rc = struck && fault.kind == FAULT_ERROR ? -1 : __real_##name arguments; \
		after(struck);                                                               \
		return rc;                                                                   \
	}

WRAP(fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(fsync, (int fd), (fd))
WRAP(rename, (const char *from, const char *to), (from, to))

/* --- the store in a directory of its own --- */

struct place {
	char dir[64];
	char file[128];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/pf-devices-XXXXXX");
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->file, sizeof(p->file), "%s/%s", p->dir, PF_DEVICES_FILE);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	pf_dir_remove(p->dir);
	free(p);
	return 0;
}

static struct pf_devices *open_store(const struct place *p)
{
	struct pf_devices *s = NULL;
	struct pf_reason reason = {0};
	int rc = pf_devices_open(&s, p->dir, PF_DEVICES_FILE, &reason);
	if (rc < 0)
		print_message("# %s\n", reason.text);
	assert_int_equal(rc, PF_OK);
	return s;
}

static struct pf_fingerprint fp(uint8_t with)
{
	struct pf_fingerprint f;
	memset(f.bytes, with, sizeof(f.bytes));
	return f;
}

static void pair(struct pf_devices *s, uint8_t with, const char *name, const struct pf_access *access)
{
	const struct pf_fingerprint f = fp(with);
	assert_int_equal(pf_devices_pair(s, &f, name, access, NOW, NULL), PF_OK);
}

static const struct pf_device *find(const struct pf_devices *s, uint8_t with)
{
	const struct pf_fingerprint f = fp(with);
	return pf_devices_find(s, &f);
}

static void put(const char *path, const char *text, mode_t mode)
{
	assert_int_equal(pf_file_write_atomic(path, text, strlen(text), mode), PF_OK);
}

static void what_is_paired_is_there_after_a_restart(void **state)
{
	const struct place *p = *state;
	struct pf_devices *s = open_store(p);
	assert_int_equal(pf_devices_count(s), 0);
	assert_null(pf_devices_damage(s));
	const struct pf_access guest = {
		.grants = PF_GRANT_GAMEPAD, .expires_unix = NOW + 3600, .until_disconnect = true};
	pair(s, 1, "living room", NULL);
	pair(s, 2, " a\x07\xe2\x80\xae guest ", &guest);
	pf_devices_destroy(s);

	struct stat st;
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	s = open_store(p);
	assert_int_equal(pf_devices_count(s), 2);
	const struct pf_device *one = find(s, 1), *two = find(s, 2);
	assert_non_null(one);
	assert_string_equal(one->name, "living room");
	assert_int_equal(pf_device_grants(one), PF_GRANT_ALL);
	assert_false(pf_device_expired(one, INT64_MAX));
	assert_true(one->granted_unix == NOW);
	assert_non_null(two);
	assert_string_equal(two->name, "a guest");
	assert_int_equal(pf_device_grants(two), PF_GRANT_GAMEPAD);
	assert_false(pf_device_expired(two, NOW + 3599));
	assert_true(pf_device_expired(two, NOW + 3600));
	assert_null(find(s, 3));
	pf_devices_destroy(s);
}

/* A limited guest cannot widen its access by pairing anew; the operator's choice counts. */
static void pairing_again_keeps_the_access(void **state)
{
	struct pf_devices *s = open_store(*state);
	const struct pf_access view = {.grants = 0}, full = pf_access_full();
	pair(s, 1, "old name", &view);
	pair(s, 1, "new name", NULL);
	assert_int_equal(pf_devices_count(s), 1);
	assert_string_equal(find(s, 1)->name, "new name");
	assert_int_equal(pf_device_grants(find(s, 1)), 0);
	pair(s, 1, "new name", &full);
	assert_int_equal(pf_device_grants(find(s, 1)), PF_GRANT_ALL);
	pf_devices_destroy(s);
}

static void devices_are_renamed_changed_and_removed(void **state)
{
	struct pf_devices *s = open_store(*state);
	const struct pf_fingerprint one = fp(1), two = fp(2), nobody = fp(9);
	const struct pf_access view = {.grants = 0, .expires_unix = 5}, guest = {.until_disconnect = true};
	pair(s, 1, "one", NULL);
	pair(s, 2, "two", NULL);
	pair(s, 3, "three", &guest);
	assert_int_equal(pf_devices_rename(s, &one, "uno", NULL), PF_OK);
	assert_int_equal(pf_devices_set_access(s, &one, &view, NOW + 7, NULL), PF_OK);
	assert_string_equal(find(s, 1)->name, "uno");
	assert_true(find(s, 1)->access.expires_unix == 5 && find(s, 1)->granted_unix == NOW + 7);
	assert_int_equal(pf_devices_rename(s, &nobody, "x", NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_devices_set_access(s, &nobody, &view, NOW, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_devices_remove(s, &nobody, NULL), PF_ERR_NOT_FOUND);
	assert_int_equal(pf_devices_remove_until_disconnect(s, NULL), PF_OK);
	assert_int_equal(pf_devices_count(s), 2);
	assert_int_equal(pf_devices_remove(s, &two, NULL), PF_OK);
	assert_null(find(s, 2));
	assert_int_equal(pf_devices_remove_all(s, NULL), PF_OK);
	pf_devices_destroy(s);
	s = open_store(*state);
	assert_int_equal(pf_devices_count(s), 0);
	pf_devices_destroy(s);
}

#define HEX_1 "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX_A "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"

/* What earlier and later versions wrote: no access, bits and members unknown here, capitals. */
static void other_versions_files_are_understood_and_kept(void **state)
{
	const struct place *p = *state;
	put(p->file,
		"{\"clients\":[{\"name\":\"old\",\"fingerprint\":\"" HEX_1 "\"},"
		"{\"name\":\"new\",\"fingerprint\":\"" HEX_A
		"\",\"grants\":4294967041,\"preferred_pad_slot\":3,\"colour\":\"blue\"}]}",
		0600);
	struct pf_devices *s = open_store(p);
	assert_int_equal(pf_device_grants(find(s, 1)), PF_GRANT_ALL);
	assert_int_equal(pf_device_grants(find(s, 0xab)), PF_GRANT_GAMEPAD);
	const struct pf_fingerprint a = fp(0xab);
	assert_int_equal(pf_devices_rename(s, &a, "newer", NULL), PF_OK);
	pf_devices_destroy(s);

	char *text;
	size_t len;
	assert_int_equal(pf_file_read(p->file, 65536, &text, &len), PF_OK);
	assert_non_null(strstr(text, "\"preferred_pad_slot\": 3"));
	assert_non_null(strstr(text, "\"colour\": \"blue\""));
	assert_non_null(strstr(text, "\"grants\": 4294967041"));
	free(text);
	s = open_store(p);
	assert_string_equal(find(s, 0xab)->name, "newer");
	pf_devices_destroy(s);
}

static void a_damaged_store_is_neither_empty_nor_overwritten(void **state)
{
	static const char *const damaged[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"clients\":{}}",
		"{\"clients\":[1]}",
		"{\"clients\":[{\"name\":\"x\"}]}",
		"{\"clients\":[{\"name\":\"x\",\"fingerprint\":\"12\"}]}",
		"{\"clients\":[{\"fingerprint\":\"" HEX_1 "\",\"grants\":-1}]}",
		"{\"clients\":[{\"fingerprint\":\"" HEX_1 "\",\"grants\":\"all\"}]}",
		"{\"clients\":[{\"fingerprint\":\"" HEX_1 "\",\"expires_unix\":1.5}]}",
		"{\"clients\":[{\"fingerprint\":\"" HEX_1 "\"},{\"fingerprint\":\"" HEX_1 "\"}]}",
		"{\"clients\":[],\"clients\":[]}",
		"{\"clients\":[{\"fingerprint\":\"" HEX_1 "\"}]",
	};
	const struct place *p = *state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		put(p->file, damaged[i], 0600);
		struct pf_devices *s = open_store(p);
		const struct pf_fingerprint one = fp(1);
		struct pf_reason reason = {0};
		if (!pf_devices_damage(s))
			fail_msg("%s was taken for sound", damaged[i]);
		assert_non_null(strstr(pf_devices_damage(s), "backup"));
		assert_int_equal(pf_devices_count(s), 0);
		assert_int_equal(pf_devices_pair(s, &one, "x", NULL, NOW, &reason), PF_ERR_INVALID);
		assert_string_equal(reason.text, pf_devices_damage(s));
		assert_int_equal(pf_devices_remove_all(s, NULL), PF_ERR_INVALID);
		pf_devices_destroy(s);
		char *text;
		size_t len;
		assert_int_equal(pf_file_read(p->file, 65536, &text, &len), PF_OK);
		assert_string_equal(text, damaged[i]);
		free(text);
	}
}

static void a_store_open_to_others_is_refused(void **state)
{
	const struct place *p = *state;
	struct pf_devices *s = NULL;
	struct pf_reason reason = {0};
	put(p->file, "{\"clients\":[]}", 0640);
	assert_int_equal(pf_devices_open(&s, p->dir, PF_DEVICES_FILE, &reason), PF_ERR_AUTH);
	assert_non_null(strstr(reason.text, "chmod 600"));
	assert_null(s);
}

static void a_failing_disk_changes_nothing(void **state)
{
	const struct place *p = *state;
	struct pf_devices *s = open_store(p);
	pair(s, 1, "one", NULL);
	int failures = 0;
	for (int n = 0;; n++) {
		const struct pf_fingerprint two = fp(2);
		struct pf_reason reason = {0};
		fault.kind = FAULT_ERROR;
		fault.countdown = n;
		int rc = pf_devices_pair(s, &two, "two", NULL, NOW, &reason);
		fault.kind = FAULT_NONE;
		if (rc == PF_OK)
			break;
		failures++;
		assert_int_equal(rc, PF_ERR_IO);
		assert_non_null(strstr(reason.text, "nothing was changed"));
		assert_int_equal(pf_devices_count(s), 1);
		struct pf_devices *again = open_store(p);
		assert_int_equal(pf_devices_count(again), 1);
		pf_devices_destroy(again);
	}
	assert_int_equal(failures, 4); /* write, mode, sync, rename */
	assert_int_equal(pf_devices_count(s), 2);
	pf_devices_destroy(s);
}

/* Killed at every step of a write: afterwards the old or the new store is there, whole. */
static void a_kill_leaves_the_old_or_the_new_store(void **state)
{
	static const enum fault kinds[] = {FAULT_KILL_BEFORE, FAULT_KILL_HALFWAY, FAULT_KILL_AFTER};
	const struct place *p = *state;
	unsigned killed = 0, old = 0, new = 0;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (int n = 0;; n++) {
			unlink(p->file);
			struct pf_devices *s = open_store(p);
			pair(s, 1, "one", NULL);
			pid_t child = fork();
			assert_true(child >= 0);
			if (child == 0) {
				const struct pf_fingerprint two = fp(2);
				fault.kind = kinds[k];
				fault.countdown = n;
				_exit(pf_devices_pair(s, &two, "two", NULL, NOW, NULL) == PF_OK ? 0 : 1);
			}
			pf_devices_destroy(s);
			int status;
			assert_true(waitpid(child, &status, 0) == child);
			s = open_store(p);
			assert_null(pf_devices_damage(s));
			assert_non_null(find(s, 1));
			size_t count = pf_devices_count(s);
			pf_devices_destroy(s);
			if (WIFEXITED(status)) {
				assert_int_equal(WEXITSTATUS(status), 0);
				assert_int_equal(count, 2);
				break;
			}
			assert_int_equal(WTERMSIG(status), SIGKILL);
			killed++;
			old += count == 1;
			new += count == 2;
		}
	}
	assert_int_equal(killed, 15);
	assert_true(old > 0 && new > 0 && old + new == killed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_paired_is_there_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pairing_again_keeps_the_access, set_up, tear_down),
		cmocka_unit_test_setup_teardown(devices_are_renamed_changed_and_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			other_versions_files_are_understood_and_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_store_is_neither_empty_nor_overwritten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_store_open_to_others_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failing_disk_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_kill_leaves_the_old_or_the_new_store, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
