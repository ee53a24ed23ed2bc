/*
 * The private display and its capture against a real sway. sway 1.7 refuses root: as root the test becomes
 * the user "punktfunk" (scripts/install-deps --user) first. The test's program is its own display keeper,
 * as the host's is.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "display/display.h"
#include "integration/lives.h"
#include "integration/motion.h"
#include "media/picture_number.h"

#include "os/child.h"
#include "os/clock.h"
#include "os/file.h"

#define MS_NS INT64_C(1000000)

static char root[64];
static char motion_path[96];

static struct pf_display *make_display(struct pf_mode mode, const char *command)
{
	struct pf_reason reason = {0};
	struct pf_display *d = NULL;
	int rc = pf_display_create(&d, "private",
		&(struct pf_display_params){.mode = mode,
			.runtime_root = root,
			.session_command = command,
			.client_label = "test"},
		&reason);
	if (rc < 0)
		fail_msg("%s", reason.text);
	return d;
}

static struct pf_capture *open_capture(struct pf_display *d)
{
	struct pf_reason reason = {0};
	struct pf_capture *c = NULL;
	if (pf_display_open_capture(d, &c, &reason) < 0)
		fail_msg("%s", reason.text);
	return c;
}

static int entries_in_root(void)
{
	DIR *dir = opendir(root);
	int count = 0;
	for (struct dirent *e; dir && (e = readdir(dir));)
		count += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static void assert_nothing_left(void)
{
	assert_int_equal(entries_in_root(), 0);
	assert_int_equal(lives_count(root), 0);
}

/* Drops what comes until nothing has changed for quiet_ms. */
static void settle(struct pf_capture *c, int quiet_ms)
{
	struct pf_frame *f;
	for (int i = 0; i < 200; i++) {
		int rc = pf_capture_next(c, quiet_ms, &f, NULL);
		if (rc == PF_ERR_TIMEOUT)
			return;
		assert_int_equal(rc, PF_OK);
		pf_frame_unref(f);
	}
	fail_msg("the picture never came to rest");
}

static void first_picture_has_exactly_the_mode(void **state)
{
	static const struct pf_mode modes[] = {
		{1280, 720, 60}, {1366, 768, 75}, {2560, 1440, 144}, {320, 200, 1}};
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct pf_mode m = modes[i];
		int64_t start_ns = pf_now_ns();
		struct pf_display *d = make_display(m, ":");
		int64_t up_ns = pf_now_ns();
		struct pf_capture *c = open_capture(d);
		struct pf_frame *f = NULL;
		assert_int_equal(pf_capture_next(c, 5000, &f, NULL), PF_OK);
		int64_t frame_ns = pf_now_ns();
		assert_int_equal(f->width_px, m.width_px);
		assert_int_equal(f->height_px, m.height_px);
		assert_true(f->full_damage);
		assert_int_equal(f->memory, PF_FRAME_MAPPED);
		assert_int_equal(f->pts_source, PF_PTS_COMPOSITOR);
		assert_true(pf_wall_ns() - f->pts_ns < 2000000000);
		/* The last pixel is there to be read. */
		const uint8_t *last = f->plane[0].data + (size_t)f->plane[0].stride_bytes * (m.height_px - 1);
		print_message("# %ux%u@%u: up %.0f ms, first picture after %.0f ms, corner %02x\n",
			m.width_px, m.height_px, m.refresh_hz, (double)(up_ns - start_ns) / 1e6,
			(double)(frame_ns - start_ns) / 1e6, last[(m.width_px - 1) * 4]);
		pf_frame_unref(f);
		pf_capture_destroy(c);
		pf_display_destroy(d);
	}
	assert_nothing_left();
}

struct rate {
	unsigned frames, steps;
	uint32_t number;
	uint64_t wait_us, late_us;
};

static void count_frame(struct rate *r, const struct pf_frame *f)
{
	uint32_t number;
	r->frames++;
	r->wait_us += f->stamps.wait_us;
	r->late_us += (uint64_t)(pf_now_ns() - f->stamps.capture_ns) / 1000;
	if (!pf_picture_number_read(f->plane[0].data, f->plane[0].stride_bytes, 4, &number))
		return;
	assert_true(number >= r->number);
	r->steps += number > r->number;
	r->number = number;
}

static void measure(struct pf_mode mode, const char *options, double seconds)
{
	char command[sizeof(motion_path) + 32];
	snprintf(command, sizeof(command), "%s %s", motion_path, options);
	struct pf_display *d = make_display(mode, command);
	struct pf_capture *c = open_capture(d);
	struct pf_frame *f;
	for (int i = 0; i < 40; i++) /* until the program has drawn */
		if (pf_capture_next(c, 100, &f, NULL) == PF_OK)
			pf_frame_unref(f);
	pid_t sway = lives_find(root, "sway"), motion = lives_find(root, "punktfunk-motio");
	long sway_ms = lives_cpu_ms(sway), motion_ms = lives_cpu_ms(motion), own_ms = lives_cpu_ms(0);

	struct rate r = {0};
	int64_t start_ns = pf_now_ns();
	while (pf_now_ns() - start_ns < (int64_t)(seconds * 1e9)) {
		int rc = pf_capture_next(c, 100, &f, NULL);
		assert_true(rc == PF_OK || rc == PF_ERR_TIMEOUT);
		if (rc != PF_OK)
			continue;
		count_frame(&r, f);
		pf_frame_unref(f);
	}
	double took = (double)(pf_now_ns() - start_ns) / 1e9;
	print_message("# %ux%u@%u %s: %.1f frames/s, %.1f new pictures/s; wait %.2f ms, age %.2f ms; cpu of "
		      "a core: "
		      "sway %.0f%%, client %.0f%%, capture %.1f%%\n",
		mode.width_px, mode.height_px, mode.refresh_hz, options, r.frames / took, r.steps / took,
		(double)r.wait_us / 1e3 / (r.frames + 1e-9), (double)r.late_us / 1e3 / (r.frames + 1e-9),
		(lives_cpu_ms(sway) - sway_ms) / took / 10, (lives_cpu_ms(motion) - motion_ms) / took / 10,
		(lives_cpu_ms(0) - own_ms) / took / 10);
	assert_true(r.steps > 20 * took * (mode.refresh_hz < 60 ? mode.refresh_hz / 60.0 : 1));
	pf_capture_destroy(c);
	pf_display_destroy(d);
}

static void moving_pictures_arrive(void **state)
{
	measure((struct pf_mode){1280, 720, 60}, "", 3);
	measure((struct pf_mode){1280, 720, 60}, "--full", 2);
	measure((struct pf_mode){1920, 1080, 60}, "", 2);
	measure((struct pf_mode){1280, 800, 120}, "", 2);
	assert_nothing_left();
}

static void damage_is_what_moved(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, motion_path);
	struct pf_capture *c = open_capture(d);
	struct pf_frame *f;
	unsigned partial = 0;
	for (int i = 0; i < 100; i++) {
		if (pf_capture_next(c, 100, &f, NULL) != PF_OK)
			continue;
		int64_t area = 0;
		for (unsigned j = 0; j < f->damage_count; j++) {
			const struct pf_rect *r = &f->damage[j];
			assert_true(r->x >= 0 && r->y >= 0 && r->width > 0 && r->height > 0);
			assert_true(r->x + r->width <= 1280 && r->y + r->height <= 720);
			area += (int64_t)r->width * r->height;
		}
		assert_true(f->full_damage || f->damage_count > 0);
		partial += !f->full_damage && area < 1280 * 720;
		pf_frame_unref(f);
	}
	print_message("# %u of 100 with partial damage\n", partial);
	assert_true(partial > 20);
	pf_capture_destroy(c);
	pf_display_destroy(d);
}

static void buffers_come_back_from_another_owner(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, motion_path);
	struct pf_capture *c = open_capture(d);
	struct pf_frame *held[16];
	unsigned count = 0;
	/* Hold all: the capture must starve, not overwrite. */
	for (int i = 0; i < 60 && count < 16; i++)
		if (pf_capture_next(c, 50, &held[count], NULL) == PF_OK)
			count++;
	assert_in_range(count, 3, 8);
	assert_int_equal(pf_capture_next(c, 200, &held[count], NULL), PF_ERR_TIMEOUT);
	/* Frames stay readable after the capture is gone. */
	for (unsigned i = 1; i < count; i++)
		pf_frame_unref(held[i]);
	struct pf_frame *f;
	assert_int_equal(pf_capture_next(c, 1000, &f, NULL), PF_OK);
	pf_frame_unref(f);
	pf_capture_destroy(c);
	pf_display_destroy(d);
	unsigned sum = 0;
	for (size_t i = 0; i < (size_t)held[0]->plane[0].stride_bytes * held[0]->height_px; i++)
		sum += held[0]->plane[0].data[i];
	assert_true(sum > 0);
	pf_frame_unref(held[0]);
}

static void an_idle_display_sends_nothing(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, ":");
	struct pf_capture *c = open_capture(d);
	settle(c, 500);
	pid_t sway = lives_find(root, "sway");
	long sway_ms = lives_cpu_ms(sway), own_ms = lives_cpu_ms(0);
	struct pf_frame *f;
	/* Longer than the time after which a hung compositor is reported. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(pf_capture_next(c, 1000, &f, NULL), PF_ERR_TIMEOUT);
	print_message("# idle for 8 s: sway %ld ms, capture %ld ms of cpu\n", lives_cpu_ms(sway) - sway_ms,
		lives_cpu_ms(0) - own_ms);
	pf_capture_wake(c);
	assert_int_equal(pf_capture_next(c, 1000, &f, NULL), PF_ERR_AGAIN);
	assert_int_equal(pf_display_check(d, NULL), PF_OK);
	pf_capture_destroy(c);
	pf_display_destroy(d);
}

static void a_dead_compositor_is_told(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, ":");
	struct pf_capture *c = open_capture(d);
	settle(c, 300);
	pid_t sway = lives_find(root, "sway");
	assert_true(sway > 0);
	kill(sway, SIGKILL);
	struct pf_frame *f;
	struct pf_reason reason = {0};
	assert_int_equal(pf_capture_next(c, 2000, &f, &reason), PF_ERR_REBUILD);
	print_message("# capture: %s\n", reason.text);
	assert_true(reason.text[0]);
	assert_int_equal(pf_capture_next(c, 0, &f, &reason), PF_ERR_REBUILD);
	int rc = PF_OK;
	for (int i = 0; i < 100 && rc == PF_OK; i++) {
		rc = pf_display_check(d, &reason);
		pf_sleep_until_ns(pf_now_ns() + 10 * MS_NS);
	}
	assert_int_equal(rc, PF_ERR_CLOSED);
	print_message("# display: %s\n", reason.text);
	assert_non_null(strstr(reason.text, "SIGKILL"));
	struct pf_capture *again = NULL;
	assert_int_equal(pf_display_open_capture(d, &again, &reason), PF_ERR_CLOSED);
	pf_capture_destroy(c);
	pf_display_destroy(d);
	assert_nothing_left();
}

static void a_hung_compositor_is_told(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, ":");
	struct pf_capture *c = open_capture(d);
	settle(c, 300);
	pid_t sway = lives_find(root, "sway");
	kill(sway, SIGSTOP);
	struct pf_frame *f;
	struct pf_reason reason = {0};
	int64_t start_ns = pf_now_ns();
	int rc = PF_ERR_TIMEOUT;
	while (rc == PF_ERR_TIMEOUT && pf_now_ns() - start_ns < 20000 * MS_NS)
		rc = pf_capture_next(c, 300, &f, &reason);
	assert_int_equal(rc, PF_ERR_REBUILD);
	print_message("# after %.1f s: %s\n", (double)(pf_now_ns() - start_ns) / 1e9, reason.text);
	assert_non_null(strstr(reason.text, "hangs"));
	pf_capture_destroy(c);
	start_ns = pf_now_ns();
	pf_display_destroy(d);
	print_message("# stopped compositor removed in %.0f ms\n", (double)(pf_now_ns() - start_ns) / 1e6);
	assert_nothing_left();
}

static void a_changed_size_asks_for_a_rebuild(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60},
		"sleep 1; swaymsg -- output HEADLESS-1 mode --custom 800x600@60Hz");
	struct pf_capture *c = open_capture(d);
	struct pf_reason reason = {0};
	struct pf_frame *f;
	int rc;
	do {
		rc = pf_capture_next(c, 3000, &f, &reason);
		if (rc == PF_OK)
			pf_frame_unref(f);
	} while (rc == PF_OK);
	assert_int_equal(rc, PF_ERR_REBUILD);
	print_message("# %s\n", reason.text);
	assert_non_null(strstr(reason.text, "800x600"));
	pf_capture_destroy(c);
	c = open_capture(d);
	assert_int_equal(pf_capture_next(c, 3000, &f, &reason), PF_OK);
	assert_int_equal(f->width_px, 800);
	pf_frame_unref(f);
	pf_capture_destroy(c);
	pf_display_destroy(d);
}

static void nothing_outlives_a_killed_host(void **state)
{
	int ready[2];
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	struct pf_env env = {0};
	pf_env_add_user(&env);
	char *argv[] = {(char *)"test", (char *)"holder", root, NULL};
	const int fds[] = {-1, ready[1], STDERR_FILENO};
	struct pf_child holder;
	assert_int_equal(pf_child_spawn(&holder, &(struct pf_child_params){.path = "/proc/self/exe",
							 .argv = argv,
							 .env = &env,
							 .fds = fds,
							 .fd_count = 3}),
		PF_OK);
	close(ready[1]);
	char byte = 0;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	pf_env_finish(&env);
	/* A keeper, sway and what foot brings. */
	assert_true(lives_find(root, "sway") > 0);
	assert_true(lives_find(root, "foot") > 0);
	assert_in_range(lives_count(root), 3, 32);
	assert_int_equal(pf_display_restore_leftovers(root), 0);
	assert_int_equal(entries_in_root(), 1);

	pf_child_kill(&holder, SIGKILL);
	assert_int_equal(pf_child_wait(&holder, 1000, NULL), PF_OK);
	int64_t start_ns = pf_now_ns();
	while ((lives_count(root) || entries_in_root()) && pf_now_ns() - start_ns < 5000 * MS_NS)
		pf_sleep_until_ns(pf_now_ns() + 5 * MS_NS);
	print_message("# all gone %.0f ms after kill -9\n", (double)(pf_now_ns() - start_ns) / 1e6);
	assert_nothing_left();
}

static void a_killed_keeper_takes_the_compositor_along(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, ":");
	struct pf_reason reason = {0};
	pid_t keeper = lives_find(root, "display-keeper");
	assert_true(keeper > 0);
	kill(keeper, SIGKILL);
	for (int i = 0; i < 200 && lives_count(root); i++)
		pf_sleep_until_ns(pf_now_ns() + 10 * MS_NS);
	assert_int_equal(lives_count(root), 0);
	assert_int_equal(pf_display_check(d, &reason), PF_ERR_CLOSED);
	print_message("# %s\n", reason.text);
	assert_int_equal(entries_in_root(), 1);
	assert_int_equal(pf_display_restore_leftovers(root), 1);
	pf_display_destroy(d);
	assert_nothing_left();
}

static void coming_and_going_leaves_nothing(void **state)
{
	int fds = 0;
	int64_t slowest_ns = 0, start_ns = pf_now_ns();
	for (int i = 0; i < 20; i++) {
		struct pf_display *d = make_display((struct pf_mode){640, 480, 60}, "foot");
		struct pf_capture *c = open_capture(d);
		struct pf_frame *f;
		assert_int_equal(pf_capture_next(c, 3000, &f, NULL), PF_OK);
		pf_frame_unref(f);
		pf_capture_destroy(c);
		int64_t destroy_ns = pf_now_ns();
		pf_display_destroy(d);
		destroy_ns = pf_now_ns() - destroy_ns;
		slowest_ns = destroy_ns > slowest_ns ? destroy_ns : slowest_ns;
		if (i == 0)
			fds = lives_fds();
	}
	print_message("# 20 times in %.1f s, slowest removal %.0f ms\n",
		(double)(pf_now_ns() - start_ns) / 1e9, (double)slowest_ns / 1e6);
	assert_int_equal(lives_fds(), fds);
	assert_nothing_left();
}

static void programs_inside_learn_no_secret(void **state)
{
	setenv("PUNKTFUNK_MGMT_TOKEN", "secret-of-the-test", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/of-the-host", 1);
	char path[sizeof(root) + 16], command[512];
	snprintf(path, sizeof(path), "%s/env.txt", root);
	snprintf(command, sizeof(command), "env > %s.new; mv %s.new %s; sleep 5", path, path, path);
	struct pf_display *d = make_display((struct pf_mode){640, 480, 60}, command);
	unsetenv("PUNKTFUNK_MGMT_TOKEN");
	unsetenv("XDG_RUNTIME_DIR");
	char *text = NULL;
	size_t len;
	for (int i = 0; i < 300 && pf_file_read(path, 65536, &text, &len) < 0; i++)
		pf_sleep_until_ns(pf_now_ns() + 10 * MS_NS);
	assert_non_null(text);
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "PUNKTFUNK"));
	assert_non_null(strstr(text, "WAYLAND_DISPLAY=wayland-"));
	assert_null(strstr(text, "of-the-host/pulse"));
	assert_null(strstr(text, "\nXDG_RUNTIME_DIR=/run/user"));
	free(text);
	unlink(path);
	pf_display_destroy(d);
	assert_nothing_left();
}

static void the_mode_changes_in_place(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, "foot");
	struct pf_capture *c = open_capture(d);
	struct pf_frame *f = NULL;
	struct pf_reason reason = {0};
	assert_int_equal(pf_capture_next(c, 3000, &f, &reason), PF_OK);
	f = pf_frame_unref(f);

	assert_int_equal(pf_display_set_mode(d, (struct pf_mode){800, 600, 144}, &reason), PF_OK);
	assert_int_equal(d->mode.width_px, 800);
	int rc;
	while ((rc = pf_capture_next(c, 3000, &f, &reason)) == PF_OK) {
		assert_int_equal(f->width_px, 1280); /* painted before the change */
		f = pf_frame_unref(f);
	}
	assert_int_equal(rc, PF_ERR_REBUILD);
	pf_capture_destroy(c);

	c = open_capture(d);
	assert_int_equal(pf_capture_next(c, 3000, &f, &reason), PF_OK);
	assert_int_equal(f->width_px, 800);
	assert_int_equal(f->height_px, 600);
	pf_frame_unref(f);
	pf_capture_destroy(c);
	pf_display_destroy(d);
	assert_nothing_left();
}

/* What keeping the rate relies on (display/sway_rate.h). */
static void another_refresh_does_not_disturb_the_capture(void **state)
{
	struct pf_display *d = make_display((struct pf_mode){1280, 720, 60}, motion_path);
	struct pf_capture *c = open_capture(d);
	static const uint32_t refresh_hz[] = {66, 71, 76, 60};
	for (size_t i = 0; i < sizeof(refresh_hz) / sizeof(refresh_hz[0]); i++) {
		struct pf_mode mode = {1280, 720, refresh_hz[i]};
		assert_int_equal(pf_display_set_mode(d, mode, NULL), PF_OK);
		for (int j = 0; j < 30; j++) {
			struct pf_frame *f = NULL;
			assert_int_equal(pf_capture_next(c, 5000, &f, NULL), PF_OK);
			pf_frame_unref(f);
		}
	}
	pf_capture_destroy(c);
	pf_display_destroy(d);
	assert_nothing_left();
}

static int refuse(const char *command, struct pf_reason *reason)
{
	struct pf_display *d = NULL;
	int rc = pf_display_create(&d, NULL,
		&(struct pf_display_params){
			.mode = {640, 480, 60}, .runtime_root = root, .session_command = command},
		reason);
	pf_display_destroy(d);
	print_message("# %s\n", reason->text);
	return rc;
}

static void what_is_missing_is_named(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(refuse("no-such-program --flag", &reason), PF_ERR_NOT_FOUND);
	assert_non_null(strstr(reason.text, "no-such-program"));

	char *path = strdup(getenv("PATH"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(refuse(NULL, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "apt install sway"));
	setenv("PATH", path, 1);
	free(path);

	setenv("WLR_RENDERER", "no-such-renderer", 1);
	assert_int_equal(refuse(":", &reason), PF_ERR_CLOSED);
	assert_non_null(strstr(reason.text, "exited with"));
	unsetenv("WLR_RENDERER");
	assert_nothing_left();
}

static void the_probe_says_yes(void **state)
{
	char *argv[] = {(char *)"probe-compositor", NULL};
	setenv("XDG_RUNTIME_DIR", root, 1);
	/* Its line is for people, not for the test protocol on stdout. */
	fflush(stdout);
	int out = dup(STDOUT_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	int code = pf_cli_probe_compositor(1, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	assert_int_equal(code, 0);
	unsetenv("XDG_RUNTIME_DIR");
	char path[sizeof(root) + 16];
	snprintf(path, sizeof(path), "%s/punktfunk", root);
	assert_int_equal(rmdir(path), 0);
	assert_nothing_left();
}

static int make_root(void **state)
{
	snprintf(root, sizeof(root), "/tmp/pf-test-display-XXXXXX");
	return mkdtemp(root) && motion_copy(motion_path, sizeof(motion_path), root) ? 0 : -1;
}

static int remove_root(void **state)
{
	return pf_dir_remove(root);
}

/* The process that nothing_outlives_a_killed_host kills. */
static int hold(const char *where)
{
	snprintf(root, sizeof(root), "%s", where);
	make_display((struct pf_mode){640, 480, 60}, "foot tail -f /dev/null");
	for (int i = 0; i < 300 && !lives_find(root, "tail"); i++)
		pf_sleep_until_ns(pf_now_ns() + 10 * MS_NS);
	if (write(STDOUT_FILENO, "r", 1) == 1)
		pause();
	return 1;
}

/* Starts over as the ordinary user, so that /proc treats the process as that user's own. */
static int become_user(char **argv)
{
	const struct passwd *pw = getpwnam("punktfunk");
	if (!pw) {
		printf("1..0 # SKIP root, and no user punktfunk: scripts/install-deps --user\n");
		return 0;
	}
	setenv("HOME", pw->pw_dir, 1);
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0 ||
		chdir("/") < 0) {
		perror("cannot become punktfunk");
		return 1;
	}
	execv("/proc/self/exe", argv);
	perror("cannot start again as punktfunk");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "display-keeper"))
		return pf_cli_display_keeper(argc - 1, argv + 1);
	if (argc > 2 && !strcmp(argv[1], "holder"))
		return hold(argv[2]);
	if (!motion_keep())
		return 1;
	if (geteuid() == 0)
		return become_user(argv);
	char path[PATH_MAX];
	if (pf_program_find("sway", path, sizeof(path)) < 0) {
		printf("1..0 # SKIP sway is not installed\n");
		return 0;
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_picture_has_exactly_the_mode),
		cmocka_unit_test(moving_pictures_arrive),
		cmocka_unit_test(damage_is_what_moved),
		cmocka_unit_test(buffers_come_back_from_another_owner),
		cmocka_unit_test(an_idle_display_sends_nothing),
		cmocka_unit_test(a_dead_compositor_is_told),
		cmocka_unit_test(a_hung_compositor_is_told),
		cmocka_unit_test(a_changed_size_asks_for_a_rebuild),
		cmocka_unit_test(nothing_outlives_a_killed_host),
		cmocka_unit_test(a_killed_keeper_takes_the_compositor_along),
		cmocka_unit_test(coming_and_going_leaves_nothing),
		cmocka_unit_test(programs_inside_learn_no_secret),
		cmocka_unit_test(the_mode_changes_in_place),
		cmocka_unit_test(another_refresh_does_not_disturb_the_capture),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(the_probe_says_yes),
	};
	return cmocka_run_group_tests(tests, make_root, remove_root);
}
