#include "proto/native/refusal.h"

#include <stddef.h>
#include <string.h>

static const struct refusal {
	enum pf_close_code code;
	const char *word, *sentence;
} refusals[] = {
	{PF_CLOSE_BUSY, "busy", "Another device is streaming from this host. End its session first."},
	{PF_CLOSE_NOT_ARMED, "not-armed",
		"The host is not accepting a PIN now. Open pairing on the host, then try again."},
	{PF_CLOSE_BOUND_TO_OTHER, "bound-to-other",
		"The host is pairing with another device. Open pairing for this device on the host."},
	{PF_CLOSE_RATE_LIMITED, "rate-limited", "Too many attempts. Wait a few seconds, then try again."},
	{PF_CLOSE_IDENTITY_REQUIRED, "identity-required",
		"This host only serves paired devices, and this device showed no certificate. Pair it "
		"first."},
	{PF_CLOSE_DENIED, "denied", "The request was denied on the host."},
	{PF_CLOSE_APPROVAL_TIMEOUT, "approval-timeout",
		"Nobody approved this device on the host in time. Try again and approve it there."},
	{PF_CLOSE_SUPERSEDED, "superseded", "A newer connection of this device has taken over."},
	{PF_CLOSE_WIRE_VERSION, "wire-version",
		"Client and host speak different protocol versions. Update the older one of them."},
	{PF_CLOSE_SETUP_FAILED, "setup-failed",
		"The host could not set up the session. Its log says what failed."},
	{PF_CLOSE_ACCESS_EXPIRED, "access-expired",
		"This device's access to the host has ended. Ask for it to be renewed."},
	{PF_CLOSE_LAUNCH_NOT_PERMITTED, "launch-not-permitted",
		"This device may not start programs on the host. The host's operator can permit it."},
	{PF_CLOSE_HOST_POWER, "host-power", "The host is going to sleep or shutting down."},
	{PF_CLOSE_PROFILE_UNKNOWN, "profile-unknown", "The host does not know the requested profile."},
	{PF_CLOSE_NO_SEAT, "no-seat", "The host has no seat for this device."},
	{PF_CLOSE_SEAT_OCCUPIED, "seat-occupied", "The seat on the host is in use by another device."},
	{PF_CLOSE_SEAT_UNAVAILABLE, "seat-unavailable", "The seat on the host cannot be used now."},
};

static const struct refusal *find(uint64_t code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].code == code)
			return &refusals[i];
	}
	return NULL;
}

bool pf_close_is_refusal(uint64_t code)
{
	return find(code) != NULL;
}

const char *pf_refusal_word(uint64_t code)
{
	const struct refusal *r = find(code);
	return r ? r->word : NULL;
}

bool pf_refusal_parse(const char *word, enum pf_close_code *out)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strcmp(refusals[i].word, word) == 0) {
			*out = refusals[i].code;
			return true;
		}
	}
	return false;
}

const char *pf_refusal_sentence(uint64_t code)
{
	const struct refusal *r = find(code);
	return r ? r->sentence : NULL;
}
