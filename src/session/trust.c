#include "session/trust.h"

#include "base/log.h"
#include "os/clock.h"

int pf_trust_init(struct pf_trust *t, const char *config_dir, bool open, struct pf_reason *reason)
{
	t->open = open;
	int rc = pf_devices_open(&t->devices, config_dir, PF_DEVICES_FILE, reason);
	if (rc < 0)
		return rc;
	const char *damage = pf_devices_damage(t->devices);
	struct pf_reason why = {0};
	if (damage)
		pf_error_log("trust", "%s. Until then no device is let in and none can be paired", damage);
	else if (pf_devices_remove_until_disconnect(t->devices, &why) < 0)
		pf_warn("trust", "devices that were let in until they disconnect stay paired: %s", why.text);
	return PF_OK;
}

void pf_trust_finish(struct pf_trust *t)
{
	pf_pairing_window_close(&t->window);
	pf_devices_destroy(t->devices);
	t->devices = NULL;
}

enum pf_trust_verdict pf_trust_look(
	const struct pf_trust *t, const struct pf_fingerprint *fp, struct pf_access *access)
{
	if (t->open) {
		*access = pf_access_full();
		return PF_TRUST_ADMITTED;
	}
	if (!fp)
		return PF_TRUST_ANONYMOUS;
	const struct pf_device *d = pf_devices_find(t->devices, fp);
	if (!d || pf_device_expired(d, pf_wall_s()))
		return PF_TRUST_UNKNOWN;
	*access = d->access;
	return PF_TRUST_ADMITTED;
}

void pf_trust_back(struct pf_trust *t, const struct pf_fingerprint *fp)
{
	for (unsigned i = 0; i < PF_LEFT_MAX; i++) {
		if (t->left[i].used && pf_fingerprint_equal(&t->left[i].device, fp))
			t->left[i].used = false;
	}
}

static void forget(struct pf_trust *t, const struct pf_fingerprint *fp)
{
	struct pf_reason reason = {0};
	const struct pf_device *d = pf_devices_find(t->devices, fp);
	if (!d || !d->access.until_disconnect)
		return; /* the operator changed it meanwhile */
	pf_info("trust", "%s was let in until it disconnects, and is no longer paired", d->name);
	if (pf_devices_remove(t->devices, fp, &reason) < 0)
		pf_warn("trust", "it stays paired: %s", reason.text);
}

void pf_trust_left(struct pf_trust *t, const struct pf_fingerprint *fp, int64_t now_ns)
{
	const struct pf_device *d = pf_devices_find(t->devices, fp);
	if (!d || !d->access.until_disconnect)
		return;
	pf_trust_back(t, fp);
	for (unsigned i = 0; i < PF_LEFT_MAX; i++) {
		if (!t->left[i].used) {
			t->left[i].used = true;
			t->left[i].device = *fp;
			t->left[i].at_ns = now_ns;
			return;
		}
	}
	forget(t, fp); /* too many to wait for */
}

int64_t pf_trust_remove_left(struct pf_trust *t, int64_t now_ns)
{
	int64_t next = 0;
	for (unsigned i = 0; i < PF_LEFT_MAX; i++) {
		int64_t due = t->left[i].at_ns + PF_LEFT_NS;
		if (!t->left[i].used)
			continue;
		if (now_ns >= due) {
			t->left[i].used = false;
			forget(t, &t->left[i].device);
		} else if (next == 0 || due < next) {
			next = due;
		}
	}
	return next;
}
