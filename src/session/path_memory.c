#include "session/path_memory.h"

#include <string.h>

static struct in6_addr ip_of(const struct sockaddr *address)
{
	struct in6_addr ip = {0};
	if (address->sa_family == AF_INET6) {
		ip = ((const struct sockaddr_in6 *)address)->sin6_addr;
	} else {
		ip.s6_addr[10] = ip.s6_addr[11] = 0xff;
		memcpy(&ip.s6_addr[12], &((const struct sockaddr_in *)address)->sin_addr, 4);
	}
	return ip;
}

static int find(const struct pf_path_memory *m, const struct in6_addr *ip)
{
	for (int i = 0; i < PF_PATHS_REMEMBERED; i++) {
		if (m->path[i].udp_budget && memcmp(&m->path[i].ip, ip, sizeof(*ip)) == 0)
			return i;
	}
	return -1;
}

void pf_path_memory_note(struct pf_path_memory *m, const struct sockaddr *peer, unsigned udp_payload_bytes)
{
	struct in6_addr ip = ip_of(peer);
	int at = find(m, &ip);
	if (udp_payload_bytes >= PF_PATH_FULL_BYTES) {
		if (at >= 0)
			m->path[at].udp_budget = 0;
		return;
	}
	if (at < 0) {
		at = (int)m->next;
		m->next = (m->next + 1) % PF_PATHS_REMEMBERED;
	}
	m->path[at].ip = ip;
	m->path[at].udp_budget = udp_payload_bytes;
}

unsigned pf_path_memory_get(const struct pf_path_memory *m, const struct sockaddr *peer)
{
	struct in6_addr ip = ip_of(peer);
	int at = find(m, &ip);
	return at < 0 ? 0 : m->path[at].udp_budget;
}
