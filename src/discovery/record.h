/*
 * How a host is found on the local network (native-control 7): the DNS-SD service and its TXT keys, and which address
 * of a host a client dials. Pure.
 */
#pragma once

#include <avahi-common/strlst.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PF_SERVICE_TYPE            "_punktfunk._udp"
#define PF_SERVICE_TYPE_GAMESTREAM "_nvstream._tcp"
#define PF_SERVICE_PROTO           "punktfunk/1"
#define PF_SERVICE_NAME_MAX        63 /* bytes of an instance name */
#define PF_RECORD_ADDRESSES        8
#define PF_RECORD_TEXT_MAX         127

struct pf_record {
	char name[PF_SERVICE_NAME_MAX + 1];
	uint16_t port; /* of QUIC */
	char fingerprint[65];
	bool pairing_required;
	char id[65];              /* stable, opaque */
	uint16_t gamestream_port; /* of HTTP: a service of its own, without TXT (gamestream 1.2); 0 = off */
	uint16_t mgmt_port;       /* 0 = off */
	char mac[PF_RECORD_TEXT_MAX + 1];
	char os[PF_RECORD_TEXT_MAX + 1]; /* such as linux/debian */
	struct in_addr addr;             /* preferred; 0 = unknown */
};

/* The TXT record, to be freed with avahi_string_list_free; NULL without memory. Empty texts are left out. */
AvahiStringList *pf_record_text(const struct pf_record *r);
/* What came from the network, made fit to be shown. False when it is of another protocol. */
bool pf_record_read(struct pf_record *out, const char *name, uint16_t port, AvahiStringList *text);
/* Letters, digits and single dashes of the name, for a host name; "punktfunk-host" when nothing is left. */
void pf_record_label(char out[PF_SERVICE_NAME_MAX + 1], const char *name);

/* The one of the host's addresses that shares the longest prefix with one of ours, then the preferred one, then the
 * lowest. count > 0. */
struct in_addr pf_record_choose(const struct in_addr *of_host, size_t count, const struct in_addr *ours,
	size_t own_count, struct in_addr preferred);
