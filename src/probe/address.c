#include "probe/address.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* Hosts of this protocol listen on IPv4 at least. */
static const struct addrinfo *best_address(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		if (a->ai_family == AF_INET)
			return a;
	}
	return list;
}

int pf_probe_resolve(const struct pf_probe_options *o, struct sockaddr_storage *out, struct pf_reason *reason)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	char port[8];
	snprintf(port, sizeof(port), "%u", o->port);
	int err = getaddrinfo(o->host, port, &hints, &list);
	if (err)
		return pf_reason(
			reason, PF_ERR_NOT_FOUND, "cannot resolve %s: %s", o->host, gai_strerror(err));
	const struct addrinfo *best = best_address(list);
	if (best)
		memcpy(out, best->ai_addr, best->ai_addrlen);
	freeaddrinfo(list);
	if (!best)
		return pf_reason(reason, PF_ERR_NOT_FOUND, "%s has no address", o->host);
	return PF_OK;
}
