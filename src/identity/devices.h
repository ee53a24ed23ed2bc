/*
 * The devices that are paired with this host, and what each may do (product 3.2, native-control 6.4): kept in
 * punktfunk1-paired.json, readable by its owner only, replaced as a whole. A change is in memory only when it is on
 * the disk. A store that cannot be read is never taken for an empty one: it is left as it is, nobody counts as
 * paired, and nothing is written until a person has looked at it. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/identity.h"
#include "proto/native/name.h"

#define PF_DEVICES_FILE            "punktfunk1-paired.json"
#define PF_DEVICES_FILE_GAMESTREAM "gamestream-paired.json" /* Moonlight clients, by their RSA certificates */
#define PF_DEVICES_MAX             1024

/* What an operator lets a device do, and for how long. */
struct pf_access {
	uint32_t grants;      /* PF_GRANT_*; bits that this host does not know are kept */
	int64_t expires_unix; /* seconds of the wall clock; 0 = never */
	bool until_disconnect;
};

struct pf_device {
	char name[PF_NAME_BYTES_MAX + 1]; /* fit to be shown */
	struct pf_fingerprint fingerprint;
	struct pf_access access;
	int64_t granted_unix; /* 0 = unknown */
};

/* Full, and for ever. */
struct pf_access pf_access_full(void);
/* What counts now: the grants that this host knows. */
uint32_t pf_device_grants(const struct pf_device *d);
bool pf_device_expired(const struct pf_device *d, int64_t now_unix);

struct pf_devices;

/* A missing file is an empty store; a damaged one opens too, see pf_devices_damage.
 * Errors, with a reason: PF_ERR_IO, PF_ERR_AUTH (not ours, or open to others), PF_ERR_NOMEM. */
int pf_devices_open(struct pf_devices **out, const char *dir, const char *file, struct pf_reason *reason);
void pf_devices_destroy(struct pf_devices *s);
/* What is wrong with the store and what would help; NULL when it is sound. */
const char *pf_devices_damage(const struct pf_devices *s);

size_t pf_devices_count(const struct pf_devices *s);
/* Valid until the next change. */
const struct pf_device *pf_devices_at(const struct pf_devices *s, size_t index);
/* NULL when it is not paired. */
const struct pf_device *pf_devices_find(const struct pf_devices *s, const struct pf_fingerprint *fp);

/*
 * The changes. Each is whole or not at all. Errors, with a reason: PF_ERR_IO (not written: nothing changed),
 * PF_ERR_INVALID (the store is damaged), PF_ERR_NOT_FOUND, PF_ERR_LIMIT (too many devices), PF_ERR_NOMEM.
 */
/* access NULL: what a known device had, but for an end that is past; full for others. The name is sanitised. */
int pf_devices_pair(struct pf_devices *s, const struct pf_fingerprint *fp, const char *name,
	const struct pf_access *access, int64_t now_unix, struct pf_reason *reason);
int pf_devices_rename(
	struct pf_devices *s, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason);
int pf_devices_set_access(struct pf_devices *s, const struct pf_fingerprint *fp,
	const struct pf_access *access, int64_t now_unix, struct pf_reason *reason);
int pf_devices_remove(struct pf_devices *s, const struct pf_fingerprint *fp, struct pf_reason *reason);
int pf_devices_remove_all(struct pf_devices *s, struct pf_reason *reason);
/* Those that were let in until they disconnect: when a host starts, none is connected. */
int pf_devices_remove_until_disconnect(struct pf_devices *s, struct pf_reason *reason);
