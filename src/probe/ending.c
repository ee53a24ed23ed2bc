#include "probe/ending.h"

#include <stdio.h>

#include "proto/native/refusal.h"

void pf_probe_say_end(struct pf_probe_report *r, const char *text)
{
	if (r->end[0] == '\0')
		snprintf(r->end, sizeof(r->end), "%s", text);
}

static void say_peer_close(struct pf_probe_report *r, const struct pf_quic_close *c)
{
	char text[sizeof(r->end)];
	unsigned long long code = c->code;
	r->close_code = c->code;
	r->refused = pf_close_is_refusal(c->code);
	r->failed = r->failed || c->code == PF_CLOSE_ERROR;
	if (r->refused)
		snprintf(text, sizeof(text), "the host refused (%s, code 0x%02llx): %s",
			pf_refusal_word(c->code), code,
			c->reason[0] ? c->reason : pf_refusal_sentence(c->code));
	else
		snprintf(text, sizeof(text), "the host ended the session (code 0x%02llx%s%s)", code,
			c->reason[0] ? ": " : "", c->reason);
	pf_probe_say_end(r, text);
}

void pf_probe_say_close(struct pf_probe_report *r, const struct pf_quic_close *c, bool remembered)
{
	char text[sizeof(r->end)];
	switch (c->origin) {
	case PF_CLOSED_BY_PEER:
		say_peer_close(r, c);
		break;
	case PF_CLOSED_BY_US:
		pf_probe_say_end(r, c->reason[0] ? c->reason : "ended by us");
		break;
	case PF_CLOSED_IDLE:
		pf_probe_say_end(r, "the host fell silent: nothing was heard for the idle timeout");
		break;
	case PF_CLOSED_BY_TRANSPORT:
		snprintf(text, sizeof(text), "the connection failed: %s", c->reason);
		pf_probe_say_end(r, text);
		break;
	case PF_CLOSED_UNREACHABLE:
		pf_probe_say_end(r,
			"the host does not answer: is it running, and does a firewall let its UDP port "
			"through?");
		break;
	case PF_CLOSED_WRONG_IDENTITY:
		pf_probe_say_end(r,
			remembered ? "the host at this address shows another identity than before: it was "
				     "set up anew, "
				     "or somebody stands in between. If you know why, say --forget, or pair "
				     "again"
				   : "this is not the pinned host: its certificate has another fingerprint");
		break;
	}
}
