#include "fake_compositor.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-server.h>

#include "ext-image-capture-source-v1-server.h"
#include "ext-image-copy-capture-v1-server.h"
#include "os/clock.h"
#include "wlr-screencopy-unstable-v1-server.h"

struct area {
	int x, y, width, height; /* width 0: nothing */
};

struct fake_compositor {
	struct wl_display *display;
	pthread_t thread;
	struct wl_event_source *bell_source;
	int bell;

	pthread_mutex_t lock; /* of what the test's thread sets */
	uint32_t picture[FAKE_WIDTH * FAKE_HEIGHT];
	struct area changed; /* since the client's last ready */
	uint32_t width, height, announced_width, announced_height;
	enum fake_clock clock;
	unsigned absurd_damage;
	unsigned refusals; /* copies to fail */
	bool hang, stop;

	/* Server thread only. */
	struct wl_resource *output, *session, *frame, *buffer;
	struct area stale; /* what the client says its buffer lacks */
	bool asked, wants_now, first_done;
};

static struct area join(struct area a, struct area b)
{
	if (a.width == 0)
		return b;
	if (b.width == 0)
		return a;
	int right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
	int bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;
	struct area r = {.x = a.x < b.x ? a.x : b.x, .y = a.y < b.y ? a.y : b.y};
	r.width = right - r.x;
	r.height = bottom - r.y;
	return r;
}

static void copy_area(struct fake_compositor *f, struct area a)
{
	struct wl_shm_buffer *shm = wl_shm_buffer_get(f->buffer);
	if (!shm || wl_shm_buffer_get_width(shm) != FAKE_WIDTH)
		return;
	wl_shm_buffer_begin_access(shm);
	uint8_t *to = wl_shm_buffer_get_data(shm);
	for (int y = a.y; y < a.y + a.height; y++)
		memcpy(to + (size_t)y * (size_t)wl_shm_buffer_get_stride(shm) + (size_t)a.x * 4,
			&f->picture[y * FAKE_WIDTH + a.x], (size_t)a.width * 4);
	wl_shm_buffer_end_access(shm);
}

static void make_time(const struct fake_compositor *f, uint32_t out[3])
{
	uint64_t ns = (uint64_t)pf_now_ns();
	if (f->clock == FAKE_CLOCK_FUTURE)
		ns += 3600000000000;
	if (f->clock == FAKE_CLOCK_OLD)
		ns -= 2000000000;
	uint64_t sec = ns / 1000000000;
	out[0] = (uint32_t)(sec >> 32);
	out[1] = (uint32_t)sec;
	out[2] = f->clock == FAKE_CLOCK_NONSENSE ? 4000000000u : (uint32_t)(ns % 1000000000);
}

static void send_damage(struct fake_compositor *f, struct area a)
{
	for (unsigned i = 0; i < f->absurd_damage; i++) {
		if (f->session)
			ext_image_copy_capture_frame_v1_send_damage(
				f->frame, -100 - (int)i, i % 2 ? -5 : INT32_MIN, INT32_MAX, INT32_MAX);
		else
			zwlr_screencopy_frame_v1_send_damage(f->frame, UINT32_MAX - i, 3, UINT32_MAX, 7);
	}
	f->absurd_damage = 0;
	if (f->session)
		ext_image_copy_capture_frame_v1_send_damage(f->frame, a.x, a.y, a.width, a.height);
	else if (f->first_done)
		zwlr_screencopy_frame_v1_send_damage(
			f->frame, (uint32_t)a.x, (uint32_t)a.y, (uint32_t)a.width, (uint32_t)a.height);
}

static void send_ready(struct fake_compositor *f)
{
	uint32_t t[3];
	make_time(f, t);
	if (f->session) {
		ext_image_copy_capture_frame_v1_send_transform(f->frame, WL_OUTPUT_TRANSFORM_NORMAL);
		ext_image_copy_capture_frame_v1_send_presentation_time(f->frame, t[0], t[1], t[2]);
		ext_image_copy_capture_frame_v1_send_ready(f->frame);
	} else {
		zwlr_screencopy_frame_v1_send_flags(f->frame, 0);
		zwlr_screencopy_frame_v1_send_ready(f->frame, t[0], t[1], t[2]);
	}
}

static void refuse(struct fake_compositor *f)
{
	if (f->session)
		ext_image_copy_capture_session_v1_send_stopped(f->session);
	else
		zwlr_screencopy_frame_v1_send_failed(f->frame);
	f->refusals--;
	f->asked = f->wants_now = false;
}

/* Answers the request under way if there is something to tell. */
static void serve_copy(struct fake_compositor *f)
{
	if (f->asked && f->refusals > 0)
		refuse(f);
	if (!f->asked || (f->changed.width == 0 && !f->wants_now))
		return;
	/* wlr-screencopy copies everything; ext only what either side says. */
	struct area whole = {0, 0, FAKE_WIDTH, FAKE_HEIGHT};
	struct area told = f->first_done ? f->changed : whole;
	copy_area(f, f->session ? join(f->stale, told) : whole);
	send_damage(f, told);
	send_ready(f);
	f->changed = f->stale = (struct area){0};
	f->asked = f->wants_now = false;
	f->first_done = true;
}

static void announce_size(struct fake_compositor *f)
{
	f->announced_width = f->width;
	f->announced_height = f->height;
	if (f->session) {
		ext_image_copy_capture_session_v1_send_buffer_size(f->session, f->width, f->height);
		ext_image_copy_capture_session_v1_send_shm_format(f->session, WL_SHM_FORMAT_ARGB8888);
		ext_image_copy_capture_session_v1_send_shm_format(f->session, WL_SHM_FORMAT_XRGB8888);
		ext_image_copy_capture_session_v1_send_done(f->session);
	}
	if (f->output)
		wl_output_send_mode(
			f->output, WL_OUTPUT_MODE_CURRENT, (int32_t)f->width, (int32_t)f->height, 60000);
}

static int on_bell(int fd, uint32_t mask, void *data)
{
	struct fake_compositor *f = data;
	uint64_t rung;
	if (read(fd, &rung, sizeof(rung)) < 0)
		return 0;
	pthread_mutex_lock(&f->lock);
	if (f->announced_width && f->announced_width != f->width)
		announce_size(f);
	serve_copy(f);
	bool hang = f->hang;
	if (f->stop)
		wl_display_terminate(f->display);
	pthread_mutex_unlock(&f->lock);
	while (hang) {
		pf_sleep_until_ns(pf_now_ns() + 5000000);
		pthread_mutex_lock(&f->lock);
		hang = !f->stop;
		if (f->stop)
			wl_display_terminate(f->display);
		pthread_mutex_unlock(&f->lock);
	}
	return 0;
}

static void on_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void forget_frame(struct wl_resource *resource)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	if (f->frame != resource)
		return;
	f->frame = f->buffer = NULL;
	f->asked = f->wants_now = false;
}

static void begin_copy(struct fake_compositor *f, bool now)
{
	pthread_mutex_lock(&f->lock);
	f->asked = true;
	f->wants_now = now;
	serve_copy(f);
	pthread_mutex_unlock(&f->lock);
}

/* ---- ext-image-copy-capture ---- */

static void on_attach(struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->buffer = buffer;
	f->stale = (struct area){0};
}

static void on_damage_buffer(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->stale = join(f->stale, (struct area){x, y, width, height});
}

static void on_capture(struct wl_client *client, struct wl_resource *resource)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	begin_copy(f, !f->first_done);
}

static const struct ext_image_copy_capture_frame_v1_interface ext_frame_impl = {
	.destroy = on_destroy_request,
	.attach_buffer = on_attach,
	.damage_buffer = on_damage_buffer,
	.capture = on_capture,
};

static void on_create_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	if (f->frame) {
		wl_resource_post_error(resource, 1, "a frame exists");
		return;
	}
	f->frame = wl_resource_create(client, &ext_image_copy_capture_frame_v1_interface, 1, id);
	wl_resource_set_implementation(f->frame, &ext_frame_impl, f, forget_frame);
}

static const struct ext_image_copy_capture_session_v1_interface session_impl = {
	.create_frame = on_create_frame,
	.destroy = on_destroy_request,
};

static void forget_session(struct wl_resource *resource)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->session = NULL;
}

static void on_create_session(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *source, uint32_t options)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->session = wl_resource_create(client, &ext_image_copy_capture_session_v1_interface, 1, id);
	wl_resource_set_implementation(f->session, &session_impl, f, forget_session);
	pthread_mutex_lock(&f->lock);
	f->first_done = false;
	announce_size(f);
	pthread_mutex_unlock(&f->lock);
}

static const struct ext_image_copy_capture_manager_v1_interface copy_manager_impl = {
	.create_session = on_create_session,
	.destroy = on_destroy_request,
};

static const struct ext_image_capture_source_v1_interface source_impl = {.destroy = on_destroy_request};

static void on_create_source(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, struct wl_resource *output)
{
	struct wl_resource *r = wl_resource_create(client, &ext_image_capture_source_v1_interface, 1, id);
	wl_resource_set_implementation(r, &source_impl, NULL, NULL);
}

static const struct ext_output_image_capture_source_manager_v1_interface source_manager_impl = {
	.create_source = on_create_source,
	.destroy = on_destroy_request,
};

/* ---- wlr-screencopy ---- */

static void on_copy(struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->buffer = buffer;
	begin_copy(f, true);
}

static void on_copy_with_damage(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->buffer = buffer;
	begin_copy(f, false);
}

static const struct zwlr_screencopy_frame_v1_interface wlr_frame_impl = {
	.copy = on_copy,
	.destroy = on_destroy_request,
	.copy_with_damage = on_copy_with_damage,
};

static void on_capture_output(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t cursor, struct wl_resource *output)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->frame = wl_resource_create(client, &zwlr_screencopy_frame_v1_interface, 3, id);
	wl_resource_set_implementation(f->frame, &wlr_frame_impl, f, forget_frame);
	pthread_mutex_lock(&f->lock);
	zwlr_screencopy_frame_v1_send_buffer(
		f->frame, WL_SHM_FORMAT_XRGB8888, f->width, f->height, f->width * 4);
	zwlr_screencopy_frame_v1_send_buffer_done(f->frame);
	f->announced_width = f->width;
	pthread_mutex_unlock(&f->lock);
}

static void on_capture_region(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	int32_t cursor, struct wl_resource *output, int32_t x, int32_t y, int32_t width, int32_t height)
{
	wl_resource_post_error(resource, 0, "not asked for by this client");
}

static const struct zwlr_screencopy_manager_v1_interface screencopy_impl = {
	.capture_output = on_capture_output,
	.capture_output_region = on_capture_region,
	.destroy = on_destroy_request,
};

/* ---- globals ---- */

static void on_release_output(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_output_interface output_impl = {.release = on_release_output};

static void forget_output(struct wl_resource *resource)
{
	struct fake_compositor *f = wl_resource_get_user_data(resource);
	f->output = NULL;
}

static void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct fake_compositor *f = data;
	f->output = wl_resource_create(client, &wl_output_interface, (int)version, id);
	wl_resource_set_implementation(f->output, &output_impl, f, forget_output);
	pthread_mutex_lock(&f->lock);
	wl_output_send_mode(f->output, WL_OUTPUT_MODE_CURRENT, (int32_t)f->width, (int32_t)f->height, 60000);
	pthread_mutex_unlock(&f->lock);
	wl_output_send_name(f->output, "FAKE-1");
	wl_output_send_done(f->output);
}

static void bind_copy_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *r =
		wl_resource_create(client, &ext_image_copy_capture_manager_v1_interface, 1, id);
	wl_resource_set_implementation(r, &copy_manager_impl, data, NULL);
}

static void bind_source_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *r =
		wl_resource_create(client, &ext_output_image_capture_source_manager_v1_interface, 1, id);
	wl_resource_set_implementation(r, &source_manager_impl, data, NULL);
}

static void bind_screencopy(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *r =
		wl_resource_create(client, &zwlr_screencopy_manager_v1_interface, (int)version, id);
	wl_resource_set_implementation(r, &screencopy_impl, data, NULL);
}

static int listen_at(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4) < 0) {
		perror("fake compositor");
		abort();
	}
	return fd;
}

static void *serve(void *data)
{
	struct fake_compositor *f = data;
	wl_display_run(f->display);
	return NULL;
}

struct fake_compositor *fake_start(const char *socket_path, unsigned protocols)
{
	struct fake_compositor *f = calloc(1, sizeof(*f));
	f->width = FAKE_WIDTH;
	f->height = FAKE_HEIGHT;
	pthread_mutex_init(&f->lock, NULL);
	f->bell = eventfd(0, EFD_CLOEXEC);
	f->display = wl_display_create();
	wl_display_init_shm(f->display);
	wl_display_add_socket_fd(f->display, listen_at(socket_path));
	wl_global_create(f->display, &wl_output_interface, 4, f, bind_output);
	if (protocols & FAKE_EXT) {
		wl_global_create(
			f->display, &ext_image_copy_capture_manager_v1_interface, 1, f, bind_copy_manager);
		wl_global_create(f->display, &ext_output_image_capture_source_manager_v1_interface, 1, f,
			bind_source_manager);
	}
	if (protocols & FAKE_WLR)
		wl_global_create(f->display, &zwlr_screencopy_manager_v1_interface, 3, f, bind_screencopy);
	f->bell_source = wl_event_loop_add_fd(
		wl_display_get_event_loop(f->display), f->bell, WL_EVENT_READABLE, on_bell, f);
	pthread_create(&f->thread, NULL, serve, f);
	return f;
}

static void ring(struct fake_compositor *f)
{
	const uint64_t one = 1;
	if (write(f->bell, &one, sizeof(one)) < 0)
		abort();
}

void fake_stop(struct fake_compositor *f)
{
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_mutex_unlock(&f->lock);
	ring(f);
	pthread_join(f->thread, NULL);
	wl_event_source_remove(f->bell_source);
	wl_display_destroy_clients(f->display);
	wl_display_destroy(f->display);
	close(f->bell);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void fake_paint(struct fake_compositor *f, int x, int y, int width, int height, uint32_t colour)
{
	pthread_mutex_lock(&f->lock);
	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++)
			f->picture[row * FAKE_WIDTH + column] = colour;
	f->changed = join(f->changed, (struct area){x, y, width, height});
	pthread_mutex_unlock(&f->lock);
	ring(f);
}

const uint32_t *fake_picture(const struct fake_compositor *f)
{
	return f->picture;
}

void fake_set_clock(struct fake_compositor *f, enum fake_clock clock)
{
	pthread_mutex_lock(&f->lock);
	f->clock = clock;
	pthread_mutex_unlock(&f->lock);
}

void fake_set_absurd_damage(struct fake_compositor *f, unsigned count)
{
	pthread_mutex_lock(&f->lock);
	f->absurd_damage = count;
	pthread_mutex_unlock(&f->lock);
}

void fake_resize(struct fake_compositor *f, uint32_t width, uint32_t height)
{
	pthread_mutex_lock(&f->lock);
	f->width = width;
	f->height = height;
	pthread_mutex_unlock(&f->lock);
	ring(f);
}

void fake_refuse(struct fake_compositor *f, unsigned count)
{
	pthread_mutex_lock(&f->lock);
	f->refusals = count;
	pthread_mutex_unlock(&f->lock);
	ring(f);
}

void fake_hang(struct fake_compositor *f)
{
	pthread_mutex_lock(&f->lock);
	f->hang = true;
	pthread_mutex_unlock(&f->lock);
	ring(f);
}
