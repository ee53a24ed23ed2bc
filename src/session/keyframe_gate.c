#include "session/keyframe_gate.h"

#define EPISODE_PAUSE_NS 1000000000ll
#define ECHO_NS          300000000ll /* until a picture just sent can have reached the client */
#define ECHOES_MAX       2
#define FACTOR_MAX       4
#define COOLDOWN_MAX_NS  3000000000ll

void pf_keyframe_gate_init(struct pf_keyframe_gate *g, int64_t cooldown_ns)
{
	*g = (struct pf_keyframe_gate){.base_ns = cooldown_ns, .factor = 1};
}

/* A pause between requests means that the trouble before it is over. */
static void note_request(struct pf_keyframe_gate *g, int64_t now_ns)
{
	if (g->requested && now_ns - g->requested_ns > EPISODE_PAUSE_NS) {
		g->factor = 1;
		g->echoes = 0;
		g->idr_judged = true; /* the last IDR did heal */
	}
	g->requested = true;
	g->requested_ns = now_ns;
}

static bool is_echo(struct pf_keyframe_gate *g, int64_t now_ns)
{
	bool near = g->rfi_granted && now_ns - g->rfi_ns <= ECHO_NS;
	if (!near || g->echoes >= ECHOES_MAX) {
		g->echoes = 0;
		return false;
	}
	g->echoes++;
	return true;
}

static enum pf_keyframe_verdict judge(struct pf_keyframe_gate *g, int64_t now_ns)
{
	int64_t since_ns = now_ns - g->forced_ns;
	if (g->forced && !g->idr_judged && since_ns > ECHO_NS) {
		g->idr_judged = true;
		g->factor = g->factor < FACTOR_MAX ? g->factor * 2 : FACTOR_MAX;
	}
	int64_t cooldown_ns = g->base_ns * g->factor;
	if (cooldown_ns > COOLDOWN_MAX_NS)
		cooldown_ns = COOLDOWN_MAX_NS;
	if (g->forced && since_ns < cooldown_ns)
		return PF_KEYFRAME_COOLDOWN;
	pf_keyframe_gate_forced(g, now_ns);
	g->idr_judged = false;
	return PF_KEYFRAME_FORCE;
}

enum pf_keyframe_verdict pf_keyframe_gate_request(struct pf_keyframe_gate *g, int64_t now_ns)
{
	note_request(g, now_ns);
	return is_echo(g, now_ns) ? PF_KEYFRAME_ECHO : judge(g, now_ns);
}

enum pf_keyframe_verdict pf_keyframe_gate_rfi_declined(struct pf_keyframe_gate *g, int64_t now_ns)
{
	note_request(g, now_ns);
	return judge(g, now_ns);
}

void pf_keyframe_gate_rfi_granted(struct pf_keyframe_gate *g, int64_t now_ns)
{
	g->rfi_granted = true;
	g->rfi_ns = now_ns;
}

void pf_keyframe_gate_healed(struct pf_keyframe_gate *g)
{
	g->factor = 1;
	g->idr_judged = true;
}

void pf_keyframe_gate_forced(struct pf_keyframe_gate *g, int64_t now_ns)
{
	g->forced = true;
	g->idr_judged = true;
	g->forced_ns = now_ns;
}
