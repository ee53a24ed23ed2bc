/*
 * A HID controller as its kernel driver knows it: descriptor, input reports, feature reports, output reports. Pure; the
 * transport (uhid.c) carries the bytes. One file per family of controllers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pad/pad.h"

#define PF_HID_REPORT_BYTES_MAX 64

/* Where a model's words go. */
struct pf_hid_port {
	void (*input)(void *user, const uint8_t *report, size_t len); /* with its report id */
	void (*feedback)(void *user, const struct pf_pad_feedback *f);
	void *user;
};

struct pf_hid_model {
	const char *name; /* of the device, as the real one calls itself over USB */
	uint16_t vendor, product;
	uint16_t version;
	const uint8_t *descriptor;
	size_t descriptor_bytes;
	/* NULL without memory. The port outlives the model's state. */
	void *(*create)(const uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_hid_port *port);
	void (*destroy)(void *state);
	void (*report)(void *state, const struct pf_pad_report *r, int64_t now_ns);
	/* As pf_pad_impl.tick. */
	int64_t (*tick)(void *state, int64_t now_ns);
	/* The feature report with that id, into out; its length, id included, or PF_ERR_NOT_FOUND. */
	int (*get_feature)(void *state, uint8_t id, uint8_t out[PF_HID_REPORT_BYTES_MAX]);
	/* Output reports, and feature reports that are set; with their report id. Anything may come. */
	void (*output)(void *state, const uint8_t *data, size_t len, int64_t now_ns);
};

extern const struct pf_hid_model pf_hid_dualsense, pf_hid_dualsense_edge; /* hid_dualsense.c */
extern const struct pf_hid_model pf_hid_dualshock4;                       /* hid_dualshock4.c */
extern const struct pf_hid_model pf_hid_switch_pro;                       /* hid_switch_pro.c */
