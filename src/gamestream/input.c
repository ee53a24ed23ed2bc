#include "gamestream/plane.h"

static void take_event(void *user, const struct pf_input_event *e)
{
	struct pf_gs_stream *s = user;
	if (pf_grants_allow(&s->grants, pf_input_grant(e->kind)))
		pf_input_plane_event(s->media.input, e);
}

static void take_rich(void *user, const struct pf_rich_input *e)
{
	struct pf_gs_stream *s = user;
	if (pf_grants_allow(&s->grants, e->kind == PF_RICH_PEN ? PF_GRANT_POINTER : PF_GRANT_GAMEPAD))
		pf_input_plane_rich(s->media.input, e);
}

static void take_finger(void *user, const struct pf_finger *f)
{
	struct pf_gs_stream *s = user;
	if (pf_grants_allow(&s->grants, PF_GRANT_POINTER))
		pf_input_plane_finger(s->media.input, f);
}

static void lift_fingers(void *user)
{
	struct pf_gs_stream *s = user;
	pf_input_plane_lift(s->media.input);
}

static void take_battery(void *user, unsigned pad, enum pf_pad_power power, uint8_t percent)
{
	struct pf_gs_stream *s = user;
	if (pf_grants_allow(&s->grants, PF_GRANT_GAMEPAD))
		pf_input_plane_battery(s->media.input, pad, power, percent);
}

static struct pf_gs_events events_of(struct pf_gs_stream *s)
{
	return (struct pf_gs_events){take_event, take_rich, take_finger, lift_fingers, take_battery, s};
}

void pf_gs_stream_input(struct pf_gs_stream *s, struct pf_slice data)
{
	const struct pf_gs_events events = events_of(s);
	struct pf_gs_input in;
	if (pf_gs_input_read(&in, data.data, data.len) == PF_OK)
		pf_gs_translate(&s->translator, &in, &events);
}
