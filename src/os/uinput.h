/*
 * Input devices of our own making, in the kernel (uinput). Whoever made one owns its descriptor; closing it takes the
 * device away, which may wait for its readers. Not thread-safe per device.
 */
#pragma once

#include <linux/input.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pf_uinput_axis {
	uint16_t code;
	int32_t min, max, fuzz, flat, resolution;
};

struct pf_uinput_spec {
	const char *name,
		*phys; /* phys tells one device from another of its kind: uinput has no serial number */
	uint16_t bus, vendor, product, version;
	/* Each of the lists is codes; axes bring EV_ABS. */
	const uint16_t *keys, *rels, *effects, *properties;
	size_t keys_count, rels_count, effects_count, properties_count;
	const struct pf_uinput_axis *axes;
	size_t axes_count;
	uint32_t effects_max; /* effects at a time */
};

/* Can devices be made at all? Errors: PF_ERR_UNSUPPORTED (no such driver), PF_ERR_AUTH (not allowed), PF_ERR_IO; the
 * reason names the command that mends it. */
int pf_uinput_probe(struct pf_reason *reason);

/* The descriptor, which does not block. Errors: those of the probe, PF_ERR_IO. */
int pf_uinput_create(const struct pf_uinput_spec *spec, struct pf_reason *reason);

/* What belongs together, and goes out with one write. */
#define PF_UINPUT_BATCH 64
struct pf_uinput_batch {
	struct input_event event[PF_UINPUT_BATCH];
	unsigned count;
};
void pf_uinput_put(struct pf_uinput_batch *b, unsigned type, unsigned code, int32_t value);
/* Ends the group and empties the batch, which may have had nothing in it. Errors: PF_ERR_CLOSED. */
int pf_uinput_send(struct pf_uinput_batch *b, int fd);
