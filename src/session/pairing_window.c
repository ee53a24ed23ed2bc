#include "session/pairing_window.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void draw_pin(struct pf_pairing_window *w)
{
	snprintf(w->pin, sizeof(w->pin), "%0*u", PF_PIN_DIGITS, (unsigned)randombytes_uniform(10000) % 10000);
}

/* The cool-down outlives windows. */
static void reset(struct pf_pairing_window *w)
{
	bool attempted = w->attempted;
	int64_t attempt_ns = w->attempt_ns;
	sodium_memzero(w, sizeof(*w));
	w->attempted = attempted;
	w->attempt_ns = attempt_ns;
}

void pf_pairing_window_open(struct pf_pairing_window *w, int64_t now_ns, int64_t ttl_ns,
	const struct pf_fingerprint *device, const struct pf_access *access)
{
	reset(w);
	w->armed = true;
	w->expires_ns = now_ns + ttl_ns;
	w->bound = device != NULL;
	if (device)
		w->device = *device;
	w->has_access = access != NULL;
	if (access)
		w->access = *access;
	draw_pin(w);
}

void pf_pairing_window_open_always(struct pf_pairing_window *w, const char pin[PF_PIN_DIGITS + 1])
{
	reset(w);
	w->armed = w->stays = true;
	memcpy(w->pin, pin, sizeof(w->pin));
}

void pf_pairing_window_close(struct pf_pairing_window *w)
{
	reset(w);
}

bool pf_pairing_window_is_open(const struct pf_pairing_window *w, int64_t now_ns)
{
	return w->armed && (w->stays || now_ns < w->expires_ns);
}

enum pf_close_code pf_pairing_window_attempt(
	struct pf_pairing_window *w, const struct pf_fingerprint *device, bool local, int64_t now_ns)
{
	if (w->attempted && now_ns - w->attempt_ns < PF_PAIRING_COOLDOWN_NS)
		return PF_CLOSE_RATE_LIMITED;
	w->attempted = true;
	w->attempt_ns = now_ns;
	if (!pf_pairing_window_is_open(w, now_ns))
		return PF_CLOSE_NOT_ARMED;
	if (w->bound)
		return pf_fingerprint_equal(&w->device, device) ? PF_CLOSE_NORMAL : PF_CLOSE_BOUND_TO_OTHER;
	return local ? PF_CLOSE_NORMAL : PF_CLOSE_NOT_ARMED;
}

void pf_pairing_window_spend(struct pf_pairing_window *w)
{
	if (!w->stays)
		reset(w);
}
