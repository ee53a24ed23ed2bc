#include "os/uinput.h"

#include <errno.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/driver_node.h"

/* --- may we? --- */

static int open_node(struct pf_reason *reason)
{
	return pf_driver_node_open("/dev/uinput", "uinput", reason);
}

int pf_uinput_probe(struct pf_reason *reason)
{
	int fd = open_node(reason);
	if (fd < 0)
		return fd;
	close(fd);
	return PF_OK;
}

/* --- making one --- */

static int set_bits(int fd, unsigned type, unsigned long request, const uint16_t *codes, size_t count)
{
	if (count && ioctl(fd, UI_SET_EVBIT, type) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (ioctl(fd, request, codes[i]) < 0)
			return -1;
	}
	return 0;
}

static int set_axes(int fd, const struct pf_uinput_axis *axes, size_t count)
{
	if (count && ioctl(fd, UI_SET_EVBIT, EV_ABS) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct pf_uinput_axis *a = &axes[i];
		const struct uinput_abs_setup setup = {.code = a->code,
			.absinfo = {.minimum = a->min,
				.maximum = a->max,
				.fuzz = a->fuzz,
				.flat = a->flat,
				.resolution = a->resolution}};
		if (ioctl(fd, UI_ABS_SETUP, &setup) < 0)
			return -1;
	}
	return 0;
}

static int set_properties(int fd, const uint16_t *codes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ioctl(fd, UI_SET_PROPBIT, codes[i]) < 0)
			return -1;
	}
	return 0;
}

static int set_up(int fd, const struct pf_uinput_spec *s)
{
	struct uinput_setup setup = {
		.id = {.bustype = s->bus, .vendor = s->vendor, .product = s->product, .version = s->version},
		.ff_effects_max = s->effects_max,
	};
	snprintf(setup.name, sizeof(setup.name), "%s", s->name);
	if (set_bits(fd, EV_KEY, UI_SET_KEYBIT, s->keys, s->keys_count) < 0 ||
		set_bits(fd, EV_REL, UI_SET_RELBIT, s->rels, s->rels_count) < 0 ||
		set_bits(fd, EV_FF, UI_SET_FFBIT, s->effects, s->effects_count) < 0 ||
		set_axes(fd, s->axes, s->axes_count) < 0 ||
		set_properties(fd, s->properties, s->properties_count) < 0 ||
		ioctl(fd, UI_SET_PHYS, s->phys) < 0)
		return -1;
	return ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0 ? -1 : 0;
}

int pf_uinput_create(const struct pf_uinput_spec *spec, struct pf_reason *reason)
{
	int fd = open_node(reason);
	if (fd >= 0 && set_up(fd, spec) < 0) {
		pf_reason(reason, PF_ERR_IO, "the kernel does not make the input device %s: %s", spec->name,
			strerror(errno));
		close(fd);
		return PF_ERR_IO;
	}
	return fd;
}

/* --- events --- */

void pf_uinput_put(struct pf_uinput_batch *b, unsigned type, unsigned code, int32_t value)
{
	/* One place is kept for the end of the group. */
	if (b->count == PF_UINPUT_BATCH - 1)
		return;
	b->event[b->count++] =
		(struct input_event){.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
}

int pf_uinput_send(struct pf_uinput_batch *b, int fd)
{
	if (b->count == 0)
		return PF_OK;
	b->event[b->count++] = (struct input_event){.type = EV_SYN, .code = SYN_REPORT};
	size_t bytes = b->count * sizeof(b->event[0]);
	b->count = 0;
	return write(fd, b->event, bytes) == (ssize_t)bytes ? PF_OK : PF_ERR_CLOSED;
}
