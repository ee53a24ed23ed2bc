#include <string.h>

#include "os/clock.h"
#include "proto/native/datagram.h"
#include "session/session.h"

#define LIGHTS_REPEATS 2
#define LIGHTS_NS      INT64_C(60000000)

/* Datagrams may be lost: rumble is renewed while it lasts, and what is said once is said again. */
static void send_datagram(struct pf_session *s, const struct pf_datagram *d)
{
	uint8_t buf[128];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_datagram_write(&w, d);
	if (s->quic && !w.failed)
		pf_quic_datagram_send(s->quic, buf, w.len);
}

/* --- rumble --- */

static void emit_rumble(void *user, const struct pf_rumble *rumble)
{
	struct pf_session *s = user;
	send_datagram(s, &(struct pf_datagram){.tag = PF_DATAGRAM_RUMBLE, .rumble = *rumble});
}

static void rumble(struct pf_session *s, unsigned pad, const struct pf_pad_feedback *f)
{
	const struct pf_rumble_levels levels = {
		f->rumble.low, f->rumble.high, f->rumble.left_trigger, f->rumble.right_trigger};
	pf_rumble_law_set(&s->rumble, pad, &levels, pf_now_ns(), emit_rumble, s);
}

/* --- lights and triggers --- */

static void send_light(struct pf_session *s, unsigned pad, const struct pf_pad_feedback *f)
{
	struct pf_datagram d = {.tag = PF_DATAGRAM_HID_OUTPUT, .hid.pad = (uint8_t)pad};
	switch (f->kind) {
	case PF_PAD_RUMBLE:
		return;
	case PF_PAD_LED:
		d.hid.kind = PF_HID_LED;
		d.hid.led.red = f->led.red;
		d.hid.led.green = f->led.green;
		d.hid.led.blue = f->led.blue;
		break;
	case PF_PAD_PLAYER_LEDS:
		d.hid.kind = PF_HID_PLAYER_LEDS;
		d.hid.player_leds = f->player_leds;
		break;
	case PF_PAD_TRIGGER:
		d.hid.kind = PF_HID_TRIGGER;
		d.hid.trigger.right = f->trigger.right;
		d.hid.trigger.effect = (struct pf_slice){f->trigger.effect, PF_TRIGGER_EFFECT_MAX};
		break;
	case PF_PAD_MIC_LED:
		d.hid.kind = PF_HID_MIC_LED;
		d.hid.mic_led = f->mic_led;
		break;
	}
	send_datagram(s, &d);
}

static void repeat_lights(struct pf_session *s, int64_t now_ns)
{
	bool more = false;
	if (s->lights_due_ns == 0 || now_ns < s->lights_due_ns)
		return;
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++) {
		for (unsigned i = 0; i < PF_PAD_FEEDBACKS; i++) {
			if (s->lights[pad][i].left == 0)
				continue;
			send_light(s, pad, &s->lights[pad][i].last);
			more = --s->lights[pad][i].left > 0 || more;
		}
	}
	s->lights_due_ns = more ? now_ns + LIGHTS_NS : 0;
}

static void light(struct pf_session *s, unsigned pad, const struct pf_pad_feedback *f)
{
	unsigned place = pf_pad_feedback_place(f);
	s->lights[pad][place].last = *f;
	s->lights[pad][place].left = LIGHTS_REPEATS;
	s->lights_due_ns = pf_now_ns() + LIGHTS_NS;
	send_light(s, pad, f);
}

/* --- all of it --- */

static void handle_timer(uv_timer_t *timer)
{
	struct pf_session *s = timer->data;
	int64_t now_ns = pf_now_ns();
	int64_t due_ns = pf_rumble_law_tick(&s->rumble, now_ns, emit_rumble, s);
	repeat_lights(s, now_ns);
	if (s->lights_due_ns && s->lights_due_ns < due_ns)
		due_ns = s->lights_due_ns;
	if (due_ns != INT64_MAX)
		uv_timer_start(timer, handle_timer, (uint64_t)((due_ns - now_ns) / 1000000 + 1), 0);
}

static void handle_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	struct pf_session *s = user;
	if (f->kind == PF_PAD_RUMBLE)
		rumble(s, pad, f);
	else
		light(s, pad, f);
	handle_timer(&s->feedback_timer);
}

static void handle_made(void *user, unsigned pad, enum pf_gamepad kind)
{
	struct pf_session *s = user;
	struct pf_control m = {.type = PF_CONTROL_PAD_SLOTS,
		.pad_slots = {.mask = pf_pad_pool_slots(pf_host_pads(s->host))}};
	if (s->hello.client_caps & PF_CLIENT_EXT)
		pf_session_send(s, &m);
}

/* Devices that show no identity are strangers each time. */
static void make_key(const struct pf_session *s, uint8_t key[PF_PAD_KEY_BYTES])
{
	memset(key, 0, PF_PAD_KEY_BYTES);
	if (s->has_fingerprint)
		memcpy(key, s->fingerprint.bytes, PF_PAD_KEY_BYTES);
	else
		memcpy(key, &s->number, sizeof(s->number));
}

void pf_session_seat(struct pf_session *s)
{
	struct pf_pad_client client = {
		.label = s->label,
		.preferred = s->hello.gamepad,
		.on_feedback = handle_feedback,
		.on_made = handle_made,
		.user = s,
	};
	make_key(s, client.key);
	pf_input_plane_seat(s->media.input, pf_host_pads(s->host), &client);
}
