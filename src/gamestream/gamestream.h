/*
 * The GameStream plane: what Moonlight clients find, pair with and stream from (gamestream). It adds HTTP, RTSP, ENet
 * and a packet format to the host whose displays, pipeline and pacing it uses. Everything belongs to the net loop but
 * the HTTP threads, which ask it.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/devices.h"
#include "session/host.h"

struct pf_gamestream;

#define PF_GS_PORT           47989 /* of HTTP; the others are at fixed distances (1.1) */
#define PF_GS_KEEP_S_DEFAULT 3600

enum pf_gs_encrypt {
	PF_GS_ENCRYPT_SUPPORTED,
	PF_GS_ENCRYPT_WITH_VIDEO,
	PF_GS_ENCRYPT_OFF,
	PF_GS_ENCRYPT_REQUIRED
};

/* Strings are borrowed until the plane has gone. */
struct pf_gamestream_params {
	struct pf_host *host;
	const struct pf_host_params *host_params;
	struct in_addr bind; /* 0 = every IPv4 address: ENet speaks no IPv6 */
	uint16_t port;       /* of HTTP; 0 = any free block of ports, for tests */
	const char *name;    /* that clients show */
	enum pf_gs_encrypt encrypt;
	bool slow_codecs; /* offer also what no encoder here makes at a display's pace */
	unsigned keep_s;  /* how long an app without a client goes on */
};

/* Errors, with a reason that names a port in use: PF_ERR_IO, PF_ERR_INVALID, PF_ERR_NOMEM, PF_ERR_AUTH. */
int pf_gamestream_start(
	struct pf_gamestream **out, const struct pf_gamestream_params *params, struct pf_reason *reason);
uint16_t pf_gamestream_port(const struct pf_gamestream *g);
/* Other threads ask no more (pf_host_stop_answering). Ends every stream; on_gone is called from the loop. */
void pf_gamestream_stop(struct pf_gamestream *g, void (*on_gone)(void *user), void *user);

/* --- for operators; on the net loop --- */

/* A client that waits for the PIN it shows. */
struct pf_gs_waiting {
	char unique_id[33];
	struct pf_fingerprint fingerprint;
	char address[INET_ADDRSTRLEN];
	char name[PF_NAME_BYTES_MAX + 1];
	unsigned age_s;
};
/* At most cap, oldest first; returns how many there are. */
size_t pf_gamestream_waiting(const struct pf_gamestream *g, struct pf_gs_waiting *out, size_t cap);

/* Whose PIN it is: NULLs leave it open, which is fine while one client waits. */
struct pf_gs_pin {
	const char *pin; /* four digits */
	const char *unique_id;
	const struct pf_fingerprint *fingerprint;
	const char *address;
	const char *name; /* for the device; NULL = the one it gave itself */
};
/* Answers one waiting client, once. Errors: PF_ERR_INVALID (no PIN), PF_ERR_NOT_FOUND, PF_ERR_LIMIT (several wait). */
int pf_gamestream_pin(struct pf_gamestream *g, const struct pf_gs_pin *pin, struct pf_reason *reason);

const struct pf_devices *pf_gamestream_devices(const struct pf_gamestream *g);
int pf_gamestream_rename(
	struct pf_gamestream *g, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason);
/* Ends its streams. fp NULL: all devices. */
int pf_gamestream_unpair(struct pf_gamestream *g, const struct pf_fingerprint *fp, struct pf_reason *reason);
