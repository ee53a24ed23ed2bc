#include "evdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/clock.h"

#define STEP_MS 5
#define MS_NS   INT64_C(1000000)
#define BITS(n) (((n) + 63) / 64)

static bool bit(const uint64_t *bits, unsigned n)
{
	return bits[n / 64] >> n % 64 & 1;
}

static void pause_ms(int ms)
{
	pf_sleep_until_ns(pf_now_ns() + ms * MS_NS);
}

/* --- finding --- */

static bool is_it(int fd, const char *name, const char *uniq)
{
	char text[EVDEV_PATH] = "";
	if (ioctl(fd, EVIOCGNAME(sizeof(text)), text) < 0 || strcmp(text, name) != 0)
		return false;
	text[0] = '\0';
	return !uniq || (ioctl(fd, EVIOCGUNIQ(sizeof(text)), text) >= 0 && strcmp(text, uniq) == 0);
}

static bool try_open(struct evdev *d, const char *name, const char *uniq)
{
	DIR *folder = opendir("/dev/input");
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		if (strncmp(entry->d_name, "event", 5) != 0)
			continue;
		d->fd = openat(dirfd(folder), entry->d_name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (d->fd < 0)
			continue;
		found = is_it(d->fd, name, uniq);
		if (found)
			snprintf(d->name, sizeof(d->name), "%.15s", entry->d_name);
		else
			close(d->fd);
	}
	if (folder)
		closedir(folder);
	return found;
}

bool evdev_open(struct evdev *d, const char *name, const char *uniq)
{
	for (int waited_ms = 0; waited_ms < EVDEV_WAIT_MS; waited_ms += STEP_MS) {
		if (try_open(d, name, uniq))
			return true;
		pause_ms(STEP_MS);
	}
	return false;
}

bool evdev_is_there(const char *name, const char *uniq)
{
	struct evdev d;
	if (!try_open(&d, name, uniq))
		return false;
	close(d.fd);
	return true;
}

void evdev_close(struct evdev *d)
{
	close(d->fd);
	d->fd = -1;
}

static bool find_in(const char *path, const char *part, char out[EVDEV_PATH])
{
	DIR *folder = opendir(path);
	bool found = false;
	for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
		found = entry->d_name[0] != '.' && strstr(entry->d_name, part);
		if (found)
			found = snprintf(out, EVDEV_PATH, "%s/%s", path, entry->d_name) < EVDEV_PATH;
	}
	if (folder)
		closedir(folder);
	return found;
}

bool evdev_has_joystick(const struct evdev *d)
{
	char path[EVDEV_PATH], node[EVDEV_PATH], found[EVDEV_PATH];
	snprintf(path, sizeof(path), "/sys/class/input/%s/device", d->name);
	if (!find_in(path, "js", found))
		return false;
	snprintf(node, sizeof(node), "/dev/input/%s", basename(found));
	return access(node, R_OK) == 0;
}

/* --- what it can, and how it is --- */

bool evdev_has(const struct evdev *d, unsigned type, unsigned code)
{
	uint64_t bits[BITS(KEY_CNT)] = {0};
	return ioctl(d->fd, EVIOCGBIT(type, sizeof(bits)), bits) >= 0 && bit(bits, code);
}

unsigned evdev_count(const struct evdev *d, unsigned type)
{
	uint64_t bits[BITS(KEY_CNT)] = {0};
	unsigned count = 0;
	if (ioctl(d->fd, EVIOCGBIT(type, sizeof(bits)), bits) < 0)
		return 0;
	for (size_t i = 0; i < BITS(KEY_CNT); i++)
		count += (unsigned)__builtin_popcountll(bits[i]);
	return count;
}

bool evdev_has_property(const struct evdev *d, unsigned property)
{
	uint64_t bits[BITS(INPUT_PROP_CNT)] = {0};
	return ioctl(d->fd, EVIOCGPROP(sizeof(bits)), bits) >= 0 && bit(bits, property);
}

struct input_absinfo evdev_axis(const struct evdev *d, unsigned axis)
{
	struct input_absinfo info = {0};
	ioctl(d->fd, EVIOCGABS(axis), &info);
	return info;
}

bool evdev_key_is_down(const struct evdev *d, unsigned key)
{
	uint64_t bits[BITS(KEY_CNT)] = {0};
	return ioctl(d->fd, EVIOCGKEY(sizeof(bits)), bits) >= 0 && bit(bits, key);
}

bool evdev_any_key_is_down(const struct evdev *d)
{
	uint64_t bits[BITS(KEY_CNT)] = {0};
	if (ioctl(d->fd, EVIOCGKEY(sizeof(bits)), bits) < 0)
		return false;
	for (size_t i = 0; i < BITS(KEY_CNT); i++) {
		if (bits[i])
			return true;
	}
	return false;
}

/* --- events --- */

bool evdev_next(const struct evdev *d, struct input_event *e, int timeout_ms)
{
	struct pollfd p = {.fd = d->fd, .events = POLLIN};
	return poll(&p, 1, timeout_ms) > 0 && read(d->fd, e, sizeof(*e)) == sizeof(*e);
}

bool evdev_expect(const struct evdev *d, unsigned type, unsigned code, int value)
{
	struct input_event e;
	while (evdev_next(d, &e, EVDEV_WAIT_MS)) {
		if (e.type == type && e.code == code && e.value == value)
			return true;
	}
	return false;
}

void evdev_drain(const struct evdev *d)
{
	struct input_event e;
	while (evdev_next(d, &e, 0))
		;
}

/* --- force feedback --- */

struct call {
	int (*run)(struct call *c);
	int fd, id, result, error;
	struct ff_effect *effect;
	atomic_bool done;
};

static void *run_call(void *arg)
{
	struct call *c = arg;
	c->result = c->run(c);
	c->error = errno;
	atomic_store(&c->done, true);
	return NULL;
}

static int call_while(struct call *c, evdev_serve *serve, void *user)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, run_call, c) != 0)
		return -1;
	while (!atomic_load(&c->done)) {
		serve(user);
		pause_ms(1);
	}
	pthread_join(thread, NULL);
	errno = c->error;
	return c->result;
}

static int upload(struct call *c)
{
	return ioctl(c->fd, EVIOCSFF, c->effect);
}

static int erase(struct call *c)
{
	return ioctl(c->fd, EVIOCRMFF, c->id);
}

static int close_it(struct call *c)
{
	return close(c->fd);
}

int evdev_upload_while(const struct evdev *d, struct ff_effect *e, evdev_serve *serve, void *user)
{
	struct call c = {.run = upload, .fd = d->fd, .effect = e};
	return call_while(&c, serve, user);
}

int evdev_erase_while(const struct evdev *d, int id, evdev_serve *serve, void *user)
{
	struct call c = {.run = erase, .fd = d->fd, .id = id};
	return call_while(&c, serve, user);
}

void evdev_close_while(struct evdev *d, evdev_serve *serve, void *user)
{
	struct call c = {.run = close_it, .fd = d->fd};
	call_while(&c, serve, user);
	d->fd = -1;
}

struct ff_effect evdev_rumble(unsigned strong, unsigned weak, unsigned delay_ms, unsigned length_ms)
{
	return (struct ff_effect){.type = FF_RUMBLE,
		.id = -1,
		.u.rumble = {.strong_magnitude = (uint16_t)strong, .weak_magnitude = (uint16_t)weak},
		.replay = {.delay = (uint16_t)delay_ms, .length = (uint16_t)length_ms}};
}

static void write_event(const struct evdev *d, unsigned code, int value)
{
	const struct input_event e = {.type = EV_FF, .code = (uint16_t)code, .value = value};
	if (write(d->fd, &e, sizeof(e)) != sizeof(e))
		perror("evdev: cannot write");
}

void evdev_play(const struct evdev *d, int id, int times)
{
	write_event(d, (unsigned)id, times);
}

void evdev_gain(const struct evdev *d, unsigned gain)
{
	write_event(d, FF_GAIN, (int)gain);
}

/* --- sysfs --- */

void evdev_driver(const struct evdev *d, char out[EVDEV_PATH])
{
	char path[EVDEV_PATH], real[PATH_MAX];
	snprintf(path, sizeof(path), "/sys/class/input/%s/device/device/driver", d->name);
	snprintf(out, EVDEV_PATH, "%s", realpath(path, real) ? basename(real) : "");
}

bool evdev_class_folder(const struct evdev *d, const char *class, const char *part, char out[EVDEV_PATH])
{
	char path[EVDEV_PATH];
	snprintf(path, sizeof(path), "/sys/class/input/%s/device/device/%s", d->name, class);
	for (int waited_ms = 0; waited_ms < EVDEV_WAIT_MS; waited_ms += STEP_MS) {
		if (find_in(path, part, out))
			return true;
		pause_ms(STEP_MS);
	}
	return false;
}

static FILE *open_in(const char *folder, const char *file, const char *mode)
{
	char path[EVDEV_PATH];
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return fopen(path, mode);
}

bool sysfs_read(const char *folder, const char *file, char out[EVDEV_PATH])
{
	FILE *f = open_in(folder, file, "re");
	bool done = f && fgets(out, EVDEV_PATH, f);
	if (f)
		fclose(f);
	if (done)
		out[strcspn(out, "\n")] = '\0';
	return done;
}

bool sysfs_write(const char *folder, const char *file, const char *text)
{
	FILE *f = open_in(folder, file, "we");
	bool done = f && fputs(text, f) >= 0;
	return f && fclose(f) == 0 && done;
}
