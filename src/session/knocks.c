#include "session/knocks.h"

#include <stdio.h>
#include <string.h>

#include "os/udp.h"

static bool live(const struct pf_knock *k, int64_t now_ns)
{
	return k->id != 0 && now_ns - k->at_ns < PF_KNOCK_LIFE_NS;
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr *b)
{
	if (a->ss_family != b->sa_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

static unsigned count_of(const struct pf_knocks *k, const struct sockaddr *address, int64_t now_ns)
{
	unsigned n = 0;
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++)
		n += live(&k->knock[i], now_ns) && same_host(&k->knock[i].address, address);
	return n;
}

/* A free place, else that of the oldest one that nobody waits behind. */
static struct pf_knock *find_room(struct pf_knocks *k, int64_t now_ns)
{
	struct pf_knock *gone = NULL;
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		struct pf_knock *e = &k->knock[i];
		if (!live(e, now_ns))
			return e;
		if (!e->waiting && (!gone || e->at_ns < gone->at_ns))
			gone = e;
	}
	return gone;
}

unsigned pf_knocks_add(struct pf_knocks *k, const struct pf_fingerprint *fp, const char *name,
	const struct sockaddr *address, bool wan, int64_t now_ns)
{
	struct pf_knock *e = pf_knocks_find_device(k, fp, now_ns);
	if (!e && count_of(k, address, now_ns) >= PF_KNOCKS_PER_ADDRESS)
		return 0;
	if (!e)
		e = find_room(k, now_ns);
	if (!e)
		return 0;
	if (++k->last_id == 0)
		k->last_id = 1;
	*e = (struct pf_knock){
		.id = k->last_id, .fingerprint = *fp, .wan = wan, .waiting = true, .at_ns = now_ns};
	snprintf(e->name, sizeof(e->name), "%s", name);
	memcpy(&e->address, address, pf_udp_address_bytes(address));
	return e->id;
}

struct pf_knock *pf_knocks_find(struct pf_knocks *k, unsigned id, int64_t now_ns)
{
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		if (id != 0 && k->knock[i].id == id && live(&k->knock[i], now_ns))
			return &k->knock[i];
	}
	return NULL;
}

struct pf_knock *pf_knocks_find_device(struct pf_knocks *k, const struct pf_fingerprint *fp, int64_t now_ns)
{
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		if (live(&k->knock[i], now_ns) && pf_fingerprint_equal(&k->knock[i].fingerprint, fp))
			return &k->knock[i];
	}
	return NULL;
}

const struct pf_knock *pf_knocks_next(const struct pf_knocks *k, unsigned id, int64_t now_ns)
{
	const struct pf_knock *next = NULL;
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		const struct pf_knock *e = &k->knock[i];
		if (live(e, now_ns) && e->id > id && (!next || e->id < next->id))
			next = e;
	}
	return next;
}

void pf_knocks_remove(struct pf_knocks *k, unsigned id)
{
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		if (id != 0 && k->knock[i].id == id)
			k->knock[i] = (struct pf_knock){0};
	}
}

void pf_knocks_left(struct pf_knocks *k, unsigned id)
{
	for (size_t i = 0; i < PF_KNOCKS_MAX; i++) {
		if (id != 0 && k->knock[i].id == id)
			k->knock[i].waiting = false;
	}
}
