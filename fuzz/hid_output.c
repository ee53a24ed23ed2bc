/* HID models of controllers against whatever a game writes. The first byte picks the model. Then, one behind the
 * other, reports: an id whose feature report is asked, the length of an output report, and its bytes. */
#include <stdint.h>
#include <stdlib.h>

#include "pad/hid_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pf_hid_model *const models[] = {
	&pf_hid_dualsense,
	&pf_hid_dualsense_edge,
	&pf_hid_dualshock4,
	&pf_hid_switch_pro,
};
#define MODELS (sizeof(models) / sizeof(*models))

static void take_input(void *user, const uint8_t *report, size_t len)
{
	if (len == 0 || len > PF_HID_REPORT_BYTES_MAX)
		abort();
}

/* What could not be passed on to a client must not come out. */
static void take_feedback(void *user, const struct pf_pad_feedback *f)
{
	if (f->kind > PF_PAD_MIC_LED || (f->kind == PF_PAD_MIC_LED && f->mic_led > 2) ||
		(f->kind == PF_PAD_PLAYER_LEDS && f->player_leds > 0x1F))
		abort();
}

static void ask(const struct pf_hid_model *m, void *state, uint8_t id)
{
	uint8_t out[PF_HID_REPORT_BYTES_MAX];
	int len = m->get_feature(state, id, out);
	if (len != PF_ERR_NOT_FOUND && (len < 1 || len > PF_HID_REPORT_BYTES_MAX || out[0] != id))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[PF_PAD_MAC_BYTES] = {2, 1, 2, 3, 4, 5};
	const struct pf_hid_port port = {take_input, take_feedback, NULL};
	const struct pf_pad_report rest = pf_pad_at_rest();
	if (size == 0)
		return 0;
	const struct pf_hid_model *m = models[data[0] % MODELS];
	void *state = m->create(mac, &port);
	if (!state)
		abort();
	int64_t now_ns = 0;
	for (data++, size--; size >= 2;) {
		size_t n = data[1] < size - 2 ? data[1] : size - 2;
		ask(m, state, data[0]);
		m->output(state, data + 2, n, now_ns);
		m->tick(state, now_ns += 5000000);
		m->report(state, &rest, now_ns);
		data += 2 + n;
		size -= 2 + n;
	}
	m->destroy(state);
	return 0;
}
