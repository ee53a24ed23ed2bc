/*
 * GameStream's input packets as the events that every plane has (proto/native/input.h): modifiers that a client only
 * claims become keys, and pads and fingers get the states that its packets leave out. Pure but for what it remembers;
 * one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/gamestream/input.h"
#include "proto/native/input.h"
#include "proto/native/rich_input.h"

#define PF_GS_FINGERS 16
#define PF_GS_PADS    16

struct pf_gs_finger {
	bool used;
	uint32_t id; /* as the client calls it */
};

struct pf_gs_translator {
	uint8_t held;  /* modifier keys, bits 1 << (vk - 0xA0) for the sided ones, 0xC0 for the two of meta */
	uint16_t pads; /* that exist */
	uint8_t pad_seq[PF_GS_PADS];
	uint16_t pen_seq;
	bool pen_near;
	struct pf_gs_finger finger[PF_GS_FINGERS], pad_finger[PF_GS_PADS][2];
};

/* Where the events go. */
struct pf_gs_events {
	void (*event)(void *user, const struct pf_input_event *e);
	void (*rich)(void *user, const struct pf_rich_input *e);
	void *user;
};

void pf_gs_translate(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out);
/* The client is gone: fingers, pen and pads go too. */
void pf_gs_translate_end(struct pf_gs_translator *t, const struct pf_gs_events *out);
