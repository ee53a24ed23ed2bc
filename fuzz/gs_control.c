/* The control channel: ENet payloads as they come, and, one behind the other, the plaintext of messages down to the
 * display's input: the router must never hold what was let go, and positions stay on the picture. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gamestream/translate.h"
#include "input/router.h"
#include "proto/gamestream/control.h"
#include "proto/gamestream/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct player {
	struct pf_router router;
	struct pf_input_dummy dummy;
	struct pf_gs_translator translator;
};

static void take_event(void *user, const struct pf_input_event *e)
{
	struct player *p = user;
	uint8_t buf[PF_INPUT_BYTES];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	struct pf_input_event again;
	/* What the native protocol would refuse must not come out of this one. */
	pf_input_write(&w, e);
	if (w.failed || pf_input_read(&again, buf, w.len) != PF_OK)
		abort();
	pf_router_event(&p->router, e);
}

static void take_rich(void *user, const struct pf_rich_input *e)
{
	struct player *p = user;
	pf_router_rich(&p->router, e, 0);
}

static void take_finger(void *user, const struct pf_finger *f)
{
	struct player *p = user;
	if (!(f->x >= 0 && f->x <= 1 && f->y >= 0 && f->y <= 1))
		abort();
	pf_router_finger(&p->router, f);
}

static void lift_fingers(void *user)
{
	struct player *p = user;
	pf_router_lift_fingers(&p->router);
}

static void take_battery(void *user, unsigned pad, enum pf_pad_power power, uint8_t percent)
{
	if (pad >= PF_PADS_MAX || power > PF_PAD_FULL)
		abort();
}

static struct pf_gs_events events_of(struct player *p)
{
	return (struct pf_gs_events){take_event, take_rich, take_finger, lift_fingers, take_battery, p};
}

static void play(struct player *p, const uint8_t *text, size_t len)
{
	const struct pf_gs_events events = events_of(p);
	struct pf_gs_message m;
	struct pf_gs_input in;
	if (pf_gs_message_read(&m, text, len) == PF_OK && m.kind == PF_GS_INPUT &&
		pf_gs_input_read(&in, m.input.data, m.input.len) == PF_OK)
		pf_gs_translate(&p->translator, &in, &events);
}

static void check_held(const struct player *p)
{
	if (p->router.held_buttons || p->router.fingers.used || p->router.pen.now.near)
		abort();
	for (unsigned i = 0; i < PF_ROUTER_KEYS / 64; i++) {
		if (p->router.held_keys[i])
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[PF_GS_KEY_BYTES] = {9};
	struct player p = {0};
	struct pf_gs_channel channel = {.legacy = size % 2};
	uint8_t text[PF_GS_CONTROL_TEXT_MAX];
	size_t len;
	uint32_t seq;
	pf_gs_gcm_init(&channel.key, key);
	pf_gs_envelope_open(&channel, data, size, text, &len, &seq);

	pf_gs_translator_init(&p.translator);
	pf_router_init(&p.router, PF_KEYS_GAMESTREAM);
	pf_input_dummy_init(&p.dummy);
	pf_router_aim(&p.router, &p.dummy.base);
	while (size > 0) {
		size_t n = data[0];
		data++;
		size--;
		n = n < size ? n : size;
		play(&p, data, n);
		data += n;
		size -= n;
	}
	pf_router_aim(&p.router, NULL);
	check_held(&p);
	return 0;
}
