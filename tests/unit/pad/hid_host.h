/* The other side of a HID model: keeps what it sends and tells, and reads its descriptor. */
#pragma once

#include "pad/hid_model.h"

#define HID_HOST_TOLD 16

struct hid_host {
	struct pf_hid_port port;
	const struct pf_hid_model *model;
	void *state;
	uint8_t report[PF_HID_REPORT_BYTES_MAX]; /* the last one */
	size_t report_bytes;
	unsigned reports;
	struct pf_pad_feedback told[HID_HOST_TOLD];
	unsigned count;
};

extern const uint8_t hid_host_mac[PF_PAD_MAC_BYTES];

void hid_host_plug(struct hid_host *h, const struct pf_hid_model *model);
void hid_host_unplug(struct hid_host *h);
/* Forgets what was told, then gives the output report, from memory that ends where the report ends. */
void hid_host_write(struct hid_host *h, const uint8_t *data, size_t len);
/* The only feedback of that kind; fails without. */
const struct pf_pad_feedback *hid_host_told(const struct hid_host *h, enum pf_pad_feedback_kind kind);

enum hid_report_type { HID_INPUT_REPORT, HID_OUTPUT_REPORT, HID_FEATURE_REPORT };
/* Bytes of the report with its id, as the descriptor has them; 0: no such report. Fails where the descriptor is not
 * sound: items cut short, collections not closed, reports not of whole bytes. */
size_t hid_host_report_bytes(const struct pf_hid_model *model, enum hid_report_type type, uint8_t id);
