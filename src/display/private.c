/*
 * The private display: a headless sway of our own per client, at the client's mode, with the client's
 * program in it. Everything it consists of lives below its keeper process (keeper.h) and in one runtime
 * directory.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "capture/image_copy.h"
#include "capture/wayland.h"
#include "display/display.h"
#include "display/keeper.h"
#include "display/private_sound.h"
#include "display/runtime_dir.h"
#include "display/sway_files.h"
#include "display/sway_ipc.h"
#include "display/sway_rate.h"
#include "os/clock.h"
#include "os/file.h"

#define START_NS INT64_C(10000000000) /* until socket and mode are there */
#define MODE_NS  INT64_C(3000000000)  /* until a running sway has another mode */
#define POLL_MS  4                    /* between looks for the socket, while nothing exists to wait for */

struct private_display {
	struct pf_display base;
	struct pf_runtime_dir dir;
	struct pf_keeper keeper;
	struct pf_sway_rate rate;
	char socket_path[PATH_MAX]; /* Wayland */
	char ipc_path[PF_RUNTIME_DIR_PATH_MAX + sizeof("/" PF_SWAY_SOCKET)];
};

static struct private_display *from_base(struct pf_display *d)
{
	return (struct private_display *)d;
}

/* What must hold before anything is started; sway_path and command are for create. */
struct requirements {
	char sway_path[PATH_MAX];
	const char *session_command;
	bool ends; /* with it */
};

static int meet_requirements(
	struct requirements *r, const struct pf_display_params *params, struct pf_reason *reason)
{
	if (geteuid() == 0)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the private display cannot run as root (sway refuses): start the host as an "
			"ordinary user");
	if (pf_program_find("sway", r->sway_path, sizeof(r->sway_path)) < 0)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"sway is not installed, which the private display needs: apt install sway");
	r->ends = params->ends_with_command;
	return pf_sway_session_command(&r->session_command, params->session_command, reason);
}

static int probe(const struct pf_display_params *params, struct pf_reason *reason)
{
	struct requirements r;
	return meet_requirements(&r, params, reason);
}

/* The compositor chooses the number of its socket. */
static bool find_socket(struct private_display *d)
{
	DIR *dir = opendir(d->dir.path);
	if (!dir)
		return false;
	bool found = false;
	for (struct dirent *e; !found && (e = readdir(dir));) {
		size_t n = strlen(e->d_name);
		if (strncmp(e->d_name, "wayland-", 8) != 0 || (n > 5 && !strcmp(e->d_name + n - 5, ".lock")))
			continue;
		snprintf(d->socket_path, sizeof(d->socket_path), "%s/%s", d->dir.path, e->d_name);
		found = true;
	}
	closedir(dir);
	return found;
}

static int wait_for_compositor(
	struct private_display *d, struct pf_wayland *w, int64_t deadline_ns, struct pf_reason *reason)
{
	while (pf_now_ns() < deadline_ns) {
		int rc = pf_keeper_check(&d->keeper, POLL_MS, reason);
		if (rc < 0)
			return rc;
		if (!find_socket(d))
			continue;
		/* Not yet listening and going down look alike from here: the keeper tells which. */
		rc = pf_wayland_connect(w, d->socket_path, deadline_ns, reason);
		if (rc == PF_OK || rc == PF_ERR_NOMEM)
			return rc;
	}
	return pf_reason(reason, PF_ERR_TIMEOUT, "the private compositor did not come up within %d s",
		(int)(START_NS / 1000000000));
}

static bool has_mode(const struct pf_wayland_output *o, struct pf_mode m)
{
	return o && o->width_px == m.width_px && o->height_px == m.height_px &&
	       o->refresh_mhz == m.refresh_hz * 1000;
}

static int wait_for_mode(
	struct pf_wayland *w, struct pf_mode m, int64_t deadline_ns, struct pf_reason *reason)
{
	const struct pf_wayland_output *o;
	while (!has_mode(o = pf_wayland_find_output(w, NULL), m)) {
		int rc = pf_wayland_wait(w, -1, deadline_ns);
		if (rc == PF_ERR_TIMEOUT)
			return pf_reason(reason, rc,
				"the private compositor did not take the mode %ux%u@%u; its output has "
				"%ux%u@%u",
				m.width_px, m.height_px, m.refresh_hz, o ? o->width_px : 0,
				o ? o->height_px : 0, o ? o->refresh_mhz / 1000 : 0);
		if (rc < 0) {
			pf_wayland_describe_end(w, reason);
			return rc;
		}
	}
	return PF_OK;
}

static int wait_until_ready(struct private_display *d, struct pf_reason *reason)
{
	int64_t deadline_ns = pf_now_ns() + START_NS;
	struct pf_wayland w = {0};
	int rc = wait_for_compositor(d, &w, deadline_ns, reason);
	if (rc == PF_OK)
		rc = wait_for_mode(&w, d->base.mode, deadline_ns, reason);
	pf_wayland_finish(&w);
	return rc;
}

/* A display without sound is better than none. Why it is silent is said once. */
static bool prepare_sound(struct private_display *d, const struct pf_audio_shape *shape)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	struct pf_reason reason = {0};
	bool possible = pf_private_sound_possible(&reason);
	if (reason.text[0] && !atomic_flag_test_and_set(&told))
		pf_warn("display", "%s", reason.text);
	if (!possible)
		return false;
	int rc = pf_private_sound_write_files(d->dir.path, shape, &reason);
	if (rc < 0)
		pf_warn("display", "the display in %s is silent: %s", d->dir.path, reason.text);
	return rc == PF_OK;
}

static int start_compositor(
	struct private_display *d, const struct requirements *r, bool sound, struct pf_reason *reason)
{
	int rc = pf_sway_write_files(d->dir.path, d->base.mode, r->session_command, r->ends, sound, reason);
	if (rc < 0)
		return rc;
	char config[PATH_MAX];
	snprintf(config, sizeof(config), "%s/config", d->dir.path);
	struct pf_env env;
	rc = pf_sway_build_environment(&env, d->dir.path);
	if (rc == PF_OK) {
		char *argv[] = {(char *)r->sway_path, (char *)"-c", config, NULL};
		rc = pf_keeper_start(&d->keeper,
			&(struct pf_keeper_params){
				.directory = d->dir.path,
				.lock_fd = d->dir.lock_fd,
				.argv = argv,
				.env = &env,
			},
			reason);
	}
	pf_env_finish(&env);
	return rc;
}

static void destroy(struct pf_display *base)
{
	struct private_display *d = from_base(base);
	bool kept = d->keeper.process.pid > 0;
	if (!pf_keeper_stop(&d->keeper))
		pf_warn("display", "the keeper of %s had to be killed; cleaning up after it", d->dir.path);
	/* The keeper removes the directory; without one, or after a killed one, it is ours to remove. */
	if (d->dir.lock_fd >= 0 || (kept && access(d->dir.path, F_OK) == 0))
		pf_dir_remove(d->dir.path);
	pf_runtime_dir_unlock(&d->dir);
	pf_sway_rate_finish(&d->rate);
	free(d);
}

/* Adds what the compositor said last to a reason that does not hold it yet, and logs all of it. */
static void explain(struct private_display *d, struct pf_reason *reason)
{
	char tail[PF_KEEPER_TAIL_BYTES], said[128];
	pf_keeper_tail(&d->keeper, tail);
	pf_keeper_last_lines(tail, said, sizeof(said));
	if (!reason || !said[0])
		return;
	struct pf_reason before = *reason;
	pf_reason(reason, 0, "%.120s; it said: %s", before.text, said);
}

static int create(struct pf_display **out, const struct pf_display_params *params, struct pf_reason *reason)
{
	struct requirements r = {0};
	int rc = meet_requirements(&r, params, reason);
	if (rc < 0)
		return rc;
	struct private_display *d = calloc(1, sizeof(*d));
	if (!d)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	d->base = (struct pf_display){.impl = &pf_display_private, .mode = params->mode};
	pf_sway_rate_init(&d->rate, d->ipc_path);
	int64_t start_ns = pf_now_ns();
	rc = pf_runtime_dir_create(&d->dir, params->runtime_root, reason);
	if (rc == PF_OK)
		rc = start_compositor(d, &r, prepare_sound(d, &params->audio), reason);
	if (rc == PF_OK) {
		rc = wait_until_ready(d, reason);
		if (rc == PF_ERR_TIMEOUT)
			explain(d, reason);
	}
	if (rc < 0) {
		destroy(&d->base);
		return rc;
	}
	/* From here on the keeper alone holds the lock: it is what must be alive. */
	pf_runtime_dir_unlock(&d->dir);
	snprintf(d->ipc_path, sizeof(d->ipc_path), "%s/" PF_SWAY_SOCKET, d->dir.path);
	pf_sway_rate_start(&d->rate, params->mode);
	pf_info("display", "private display %ux%u@%u for %s in %s, up in %d ms", params->mode.width_px,
		params->mode.height_px, params->mode.refresh_hz,
		params->client_label ? params->client_label : "a client", d->dir.path,
		(int)((pf_now_ns() - start_ns) / 1000000));
	*out = &d->base;
	return PF_OK;
}

static void handle_picture(void *user, int64_t ready_ns)
{
	struct private_display *d = user;
	pf_sway_rate_picture(&d->rate, ready_ns);
}

static int open_capture(struct pf_display *base, struct pf_capture **out, struct pf_reason *reason)
{
	struct private_display *d = from_base(base);
	int rc = pf_keeper_check(&d->keeper, 0, reason);
	if (rc < 0)
		return rc;
	return pf_capture_image_copy_create(out,
		&(struct pf_image_copy_params){
			.socket_path = d->socket_path, .on_picture = handle_picture, .user = d},
		reason);
}

static int open_input(struct pf_display *base, struct pf_input **out, struct pf_reason *reason)
{
	return pf_input_wlr_create(out, from_base(base)->socket_path, reason);
}

static void sound(struct pf_display *base, struct pf_audio_place *out)
{
	pf_private_sound_place(from_base(base)->dir.path, out);
}

static int check(struct pf_display *base, struct pf_reason *reason)
{
	return pf_keeper_check(&from_base(base)->keeper, 0, reason);
}

static int change_mode(struct private_display *d, struct pf_mode mode, struct pf_reason *reason)
{
	int64_t deadline_ns = pf_now_ns() + MODE_NS;
	int rc = pf_keeper_check(&d->keeper, 0, reason);
	if (rc == PF_OK)
		rc = pf_sway_set_mode(d->ipc_path, mode.width_px, mode.height_px, mode.refresh_hz * 1000,
			deadline_ns, reason);
	if (rc < 0)
		return rc;
	struct pf_wayland w = {0};
	rc = pf_wayland_connect(&w, d->socket_path, deadline_ns, reason);
	if (rc == PF_OK)
		rc = wait_for_mode(&w, mode, deadline_ns, reason);
	pf_wayland_finish(&w);
	return rc;
}

/* In place, so that what runs on the display stays. The rate is left alone meanwhile: a capture of the old
 * size may still be running. */
static int set_mode(struct pf_display *base, struct pf_mode mode, struct pf_reason *reason)
{
	struct private_display *d = from_base(base);
	pf_sway_rate_stop(&d->rate);
	int rc = change_mode(d, mode, reason);
	if (rc == PF_OK)
		pf_sway_rate_start(&d->rate, mode);
	return rc;
}

const struct pf_display_impl pf_display_private = {
	.name = "private",
	.probe = probe,
	.create = create,
	.open_capture = open_capture,
	.open_input = open_input,
	.sound = sound,
	.set_mode = set_mode,
	.check = check,
	.destroy = destroy,
};
