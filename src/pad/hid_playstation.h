/*
 * What DualShock 4 and DualSense have in common: when a report leaves, and the fields that look the same in both. The
 * layouts are those of the kernel's hid-playstation. Pure.
 */
#pragma once

#include "base/writer.h"
#include "pad/hid_model.h"

#define PF_PS_INPUT_BYTES 64

struct pf_ps;

struct pf_ps_family {
	uint16_t touch_width, touch_height;
	/* The input report with its id, but for what stamp adds; w is zeroed room for it. */
	void (*compose)(struct pf_ps *s, struct pf_wr *w, const struct pf_pad_report *r);
	/* Counters and clocks, which differ in every report. */
	void (*stamp)(struct pf_ps *s, uint8_t report[PF_PS_INPUT_BYTES], int64_t now_ns);
};

struct pf_ps {
	const struct pf_ps_family *family;
	const struct pf_hid_port *port;
	uint8_t mac[PF_PAD_MAC_BYTES];
	struct {
		bool down;
		uint8_t id;
		uint16_t x, y; /* of the touchpad */
	} contacts[PF_PAD_CONTACTS];
	uint8_t next_contact;
	uint32_t sent;                       /* reports */
	uint8_t composed[PF_PS_INPUT_BYTES]; /* the last one */
	int64_t due_ns;
};

void *pf_ps_create(const struct pf_ps_family *family, const uint8_t mac[PF_PAD_MAC_BYTES],
	const struct pf_hid_port *port);
/* As of struct pf_hid_model; the state is a struct pf_ps. */
void pf_ps_destroy(void *state);
void pf_ps_report(void *state, const struct pf_pad_report *r, int64_t now_ns);
int64_t pf_ps_tick(void *state, int64_t now_ns);

/* Fields of input reports: 4, 2, 12 and 8 bytes. */
void pf_ps_write_sticks(struct pf_wr *w, const struct pf_pad_report *r);
void pf_ps_write_buttons(struct pf_wr *w, const struct pf_pad_report *r);
void pf_ps_write_motion(struct pf_wr *w, const struct pf_pad_report *r);
void pf_ps_write_contacts(struct pf_wr *w, struct pf_ps *s, const struct pf_pad_report *r);
/* Tenths of the battery, with what says that it charges; `full` also for one that is not known. */
uint8_t pf_ps_power(const struct pf_pad_report *r, uint8_t charging, uint8_t full);

/* Fields of feature reports. */
void pf_ps_write_calibration(struct pf_wr *w);
void pf_ps_write_mac(struct pf_wr *w, const struct pf_ps *s);

/* Motors as a game writes them. */
void pf_ps_rumble(const struct pf_ps *s, uint8_t left, uint8_t right);
void pf_ps_led(const struct pf_ps *s, const uint8_t rgb[3]);
