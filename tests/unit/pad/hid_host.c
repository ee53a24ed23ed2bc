#include "hid_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const uint8_t hid_host_mac[PF_PAD_MAC_BYTES] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

static void take_input(void *user, const uint8_t *report, size_t len)
{
	struct hid_host *h = user;
	assert_true(len > 0 && len <= sizeof(h->report));
	memcpy(h->report, report, len);
	h->report_bytes = len;
	h->reports++;
}

static void take_feedback(void *user, const struct pf_pad_feedback *f)
{
	struct hid_host *h = user;
	assert_true(h->count < HID_HOST_TOLD);
	h->told[h->count++] = *f;
}

void hid_host_plug(struct hid_host *h, const struct pf_hid_model *model)
{
	*h = (struct hid_host){.port = {take_input, take_feedback, h}, .model = model};
	h->state = model->create(hid_host_mac, &h->port);
	assert_non_null(h->state);
}

void hid_host_unplug(struct hid_host *h)
{
	h->model->destroy(h->state);
}

void hid_host_write(struct hid_host *h, const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, data, len);
	h->count = 0;
	h->model->output(h->state, exact, len, 0);
	free(exact);
}

const struct pf_pad_feedback *hid_host_told(const struct hid_host *h, enum pf_pad_feedback_kind kind)
{
	const struct pf_pad_feedback *found = NULL;
	for (unsigned i = 0; i < h->count; i++) {
		if (h->told[i].kind != kind)
			continue;
		assert_null(found);
		found = &h->told[i];
	}
	assert_non_null(found);
	return found;
}

/* --- descriptors --- */

struct walk {
	unsigned depth, bits, count, id;
	size_t sums[3][256]; /* bits of each report */
};

static void take_item(struct walk *w, uint8_t tag, uint32_t value)
{
	switch (tag) {
	case 0xA0:
		w->depth++;
		break;
	case 0xC0:
		assert_true(w->depth > 0);
		w->depth--;
		break;
	case 0x74:
		w->bits = value;
		break;
	case 0x94:
		w->count = value;
		break;
	case 0x84:
		assert_in_range(value, 1, 255);
		w->id = value;
		break;
	case 0x80:
	case 0x90:
	case 0xB0:
		assert_true(w->depth > 0 && w->id > 0);
		w->sums[tag == 0x80 ? 0 : tag == 0x90 ? 1 : 2][w->id] += (size_t)w->bits * w->count;
		break;
	}
}

size_t hid_host_report_bytes(const struct pf_hid_model *model, enum hid_report_type type, uint8_t id)
{
	static const size_t sizes[] = {0, 1, 2, 4};
	struct walk w = {0};
	const uint8_t *d = model->descriptor;
	for (size_t i = 0; i < model->descriptor_bytes; i += 1 + sizes[d[i] & 3]) {
		uint32_t value = 0;
		assert_true(i + sizes[d[i] & 3] < model->descriptor_bytes);
		for (size_t b = 0; b < sizes[d[i] & 3]; b++)
			value |= (uint32_t)d[i + 1 + b] << 8 * b;
		take_item(&w, d[i] & 0xFC, value);
	}
	assert_int_equal(w.depth, 0);
	for (unsigned t = 0; t < 3; t++) {
		for (unsigned r = 0; r < 256; r++)
			assert_int_equal(w.sums[t][r] % 8, 0);
	}
	return w.sums[type][id] ? 1 + w.sums[type][id] / 8 : 0;
}
