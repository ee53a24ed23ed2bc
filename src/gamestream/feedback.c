#include <string.h>

#include "gamestream/plane.h"
#include "pad/kind.h"
#include "session/planes.h"

#define MOTION_HZ     100
#define MOTION_ACCEL  1
#define MOTION_GYRO   2
#define RIGHT_IS_SAID 0x04
#define LEFT_IS_SAID  0x08

static void say(struct pf_gs_stream *s, const struct pf_wr *w)
{
	if (!w->failed)
		pf_gs_control_send(s, w->start, w->len);
}

/* A control message of its own for the trigger motors, which few controllers have. */
static void rumble(struct pf_gs_stream *s, unsigned pad, const struct pf_pad_feedback *f)
{
	uint8_t text[64];
	struct pf_wr w = pf_wr_init(text, sizeof(text));
	bool triggers = f->rumble.left_trigger || f->rumble.right_trigger;
	uint16_t bit = (uint16_t)(1u << pad);
	pf_gs_write_rumble(&w, (uint16_t)pad, f->rumble.low, f->rumble.high);
	say(s, &w);
	if (!triggers && !(s->triggers_on & bit))
		return;
	w = pf_wr_init(text, sizeof(text));
	pf_gs_write_trigger_rumble(&w, (uint16_t)pad, f->rumble.left_trigger, f->rumble.right_trigger);
	say(s, &w);
	s->triggers_on = (uint16_t)(triggers ? s->triggers_on | bit : s->triggers_on & ~bit);
}

static void trigger(struct pf_wr *w, unsigned pad, const struct pf_pad_feedback *f)
{
	struct pf_gs_triggers t = {.flags = f->trigger.right ? RIGHT_IS_SAID : LEFT_IS_SAID};
	const uint8_t *effect = f->trigger.effect;
	if (f->trigger.right) {
		t.right_type = effect[0];
		memcpy(t.right, effect + 1, sizeof(t.right));
	} else {
		t.left_type = effect[0];
		memcpy(t.left, effect + 1, sizeof(t.left));
	}
	pf_gs_write_adaptive_triggers(w, (uint16_t)pad, &t);
}

/* The control channel is reliable: each change once (gamestream 4.7). */
static void handle_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	struct pf_gs_stream *s = user;
	uint8_t text[64];
	struct pf_wr w = pf_wr_init(text, sizeof(text));
	switch (f->kind) {
	case PF_PAD_RUMBLE:
		rumble(s, pad, f);
		return;
	case PF_PAD_LED:
		pf_gs_write_led(&w, (uint16_t)pad, f->led.red, f->led.green, f->led.blue);
		break;
	case PF_PAD_TRIGGER:
		trigger(&w, pad, f);
		break;
	case PF_PAD_PLAYER_LEDS: /* the protocol has no words for them */
	case PF_PAD_MIC_LED:
		return;
	}
	say(s, &w);
}

/* Clients send motion only when asked to. */
static void handle_made(void *user, unsigned pad, enum pf_gamepad kind)
{
	struct pf_gs_stream *s = user;
	for (uint8_t sensor = MOTION_ACCEL; sensor <= MOTION_GYRO && pf_pad_kind_has_motion(kind); sensor++) {
		uint8_t text[64];
		struct pf_wr w = pf_wr_init(text, sizeof(text));
		pf_gs_write_motion_request(&w, (uint16_t)pad, MOTION_HZ, sensor);
		say(s, &w);
	}
}

void pf_gs_stream_seat(struct pf_gs_stream *s)
{
	struct pf_pad_client client = {
		.label = s->label, .on_feedback = handle_feedback, .on_made = handle_made, .user = s};
	memcpy(client.key, s->client.bytes, sizeof(client.key));
	pf_input_plane_seat(s->media.input, pf_host_pads(s->g->p.host), &client);
}
