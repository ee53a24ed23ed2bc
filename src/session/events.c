#include <string.h>

#include "session/admin.h"
#include "session/session.h"

void pf_host_tell(struct pf_host *h, const struct pf_host_event *e)
{
	const struct pf_host_params *params = pf_host_get_params(h);
	if (params->on_event)
		params->on_event(params->event_user, e);
}

void pf_host_emit(struct pf_host *h, const char *kind, const struct pf_session *s, const char *reason)
{
	struct pf_host_event e = {.kind = kind, .reason = reason};
	char name[PF_NAME_BYTES_MAX + 1];
	if (s) {
		e.session = s->number;
		e.fingerprint = s->has_fingerprint ? &s->fingerprint : NULL;
		pf_name_sanitise(name, s->hello.name, strlen(s->hello.name),
			s->has_fingerprint ? s->fingerprint.bytes : NULL);
		e.name = name;
	}
	pf_host_tell(h, &e);
}

void pf_host_emit_device(
	struct pf_host *h, const char *kind, const struct pf_fingerprint *fp, const char *name)
{
	pf_host_tell(h, &(struct pf_host_event){.kind = kind, .fingerprint = fp, .name = name});
}
