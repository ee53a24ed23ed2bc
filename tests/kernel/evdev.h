/* A game's side of an input device: evdev, force feedback and sysfs. Everything waits for a bounded time. */
#pragma once

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>

#define EVDEV_WAIT_MS 2000
#define EVDEV_PATH    256

struct evdev {
	int fd;
	char name[16]; /* eventN */
};

/* Waits for the device; uniq may be NULL. False: it does not come. */
bool evdev_open(struct evdev *d, const char *name, const char *uniq);
bool evdev_is_there(const char *name, const char *uniq);
/* Of a device without effects; see evdev_close_while. */
void evdev_close(struct evdev *d);
/* There is a joystick node too. */
bool evdev_has_joystick(const struct evdev *d);

bool evdev_has(const struct evdev *d, unsigned type, unsigned code);
/* Codes of that type in all. */
unsigned evdev_count(const struct evdev *d, unsigned type);
bool evdev_has_property(const struct evdev *d, unsigned property);
struct input_absinfo evdev_axis(const struct evdev *d, unsigned axis);
bool evdev_key_is_down(const struct evdev *d, unsigned key);
bool evdev_any_key_is_down(const struct evdev *d);

bool evdev_next(const struct evdev *d, struct input_event *e, int timeout_ms);
/* Drops what comes before it. False: it does not come. */
bool evdev_expect(const struct evdev *d, unsigned type, unsigned code, int value);
/* Drops what has come so far. */
void evdev_drain(const struct evdev *d);

/* Loading, erasing and closing wait until the owner of the device has answered: here it does, in `serve`, which is
 * called again and again meanwhile. Results are those of the ioctls: -1 and errno. */
typedef void evdev_serve(void *user);
int evdev_upload_while(const struct evdev *d, struct ff_effect *e, evdev_serve *serve, void *user);
int evdev_erase_while(const struct evdev *d, int id, evdev_serve *serve, void *user);
void evdev_close_while(struct evdev *d, evdev_serve *serve, void *user);
struct ff_effect evdev_rumble(unsigned strong, unsigned weak, unsigned delay_ms, unsigned length_ms);
/* 0 times: stops it. */
void evdev_play(const struct evdev *d, int id, int times);
void evdev_gain(const struct evdev *d, unsigned gain);

/* The kernel driver behind it ("playstation"), or "" (none: uinput). */
void evdev_driver(const struct evdev *d, char out[EVDEV_PATH]);
/* The folder of its LED or battery: class is "leds" or "power_supply", and the folder's name contains `part`.
 * Waits for it. */
bool evdev_class_folder(const struct evdev *d, const char *class, const char *part, char out[EVDEV_PATH]);
/* One line of a file in it. */
bool sysfs_read(const char *folder, const char *file, char out[EVDEV_PATH]);
bool sysfs_write(const char *folder, const char *file, const char *text);
