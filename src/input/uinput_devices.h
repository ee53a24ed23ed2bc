/* The devices of the kernel through which pf_input_uinput_create plays. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define PF_SURFACE_MAX       65535 /* x and y of pointer, touchscreen and pen; pressure and distance too */
#define PF_PEN_TILT_MAX      90
#define PF_PEN_ROLL_MIN      (-900)
#define PF_PEN_ROLL_A_DEGREE 5

/* One each, because programs tell what a device is from what it can, and only then listen to it. */
enum pf_uinput_device { PF_DEV_KEYBOARD, PF_DEV_MOUSE, PF_DEV_POINTER, PF_DEV_TOUCH, PF_DEV_PEN, PF_DEVS };

/* Their descriptors. Errors: those of pf_uinput_create; nothing is left open then. */
int pf_uinput_devices_open(int fd[PF_DEVS], const char *label, struct pf_reason *reason);
void pf_uinput_devices_close(const int fd[PF_DEVS]);

/* The keyboard has such a key. */
bool pf_uinput_devices_have_key(unsigned code);
