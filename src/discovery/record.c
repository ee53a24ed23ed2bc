#include "discovery/record.h"

#include <arpa/inet.h>
#include <avahi-common/malloc.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/name.h"

static void add(AvahiStringList **list, const char *key, const char *value)
{
	if (value[0])
		*list = avahi_string_list_add_pair(*list, key, value);
}

/* The list is built backwards. `wire` is not among the keys: with 2 it would announce another protocol. */
AvahiStringList *pf_record_text(const struct pf_record *r)
{
	char mgmt[8] = "", addr[INET_ADDRSTRLEN] = "";
	AvahiStringList *list = NULL;
	if (r->mgmt_port)
		snprintf(mgmt, sizeof(mgmt), "%u", r->mgmt_port);
	if (r->addr.s_addr)
		inet_ntop(AF_INET, &r->addr, addr, sizeof(addr));
	add(&list, "addr", addr);
	add(&list, "os", r->os);
	add(&list, "mac", r->mac);
	add(&list, "mgmt", mgmt);
	add(&list, "id", r->id);
	add(&list, "pair", r->pairing_required ? "required" : "optional");
	add(&list, "fp", r->fingerprint);
	add(&list, "proto", PF_SERVICE_PROTO);
	return list;
}

/* One key's value, sanitised; "" when it is absent. */
static void read_text(AvahiStringList *list, const char *key, char *out, size_t max)
{
	char *value = NULL;
	size_t len = 0;
	AvahiStringList *item = avahi_string_list_find(list, key);
	out[0] = '\0';
	if (!item || avahi_string_list_get_pair(item, NULL, &value, &len) < 0)
		return;
	if (value)
		pf_text_sanitise(out, max, value, len);
	avahi_free(value);
}

bool pf_record_read(struct pf_record *out, const char *name, uint16_t port, AvahiStringList *text)
{
	char word[PF_RECORD_TEXT_MAX + 1];
	*out = (struct pf_record){.port = port};
	read_text(text, "proto", word, PF_RECORD_TEXT_MAX);
	if (strcmp(word, PF_SERVICE_PROTO) != 0)
		return false;
	pf_text_sanitise(out->name, PF_SERVICE_NAME_MAX, name, strlen(name));
	read_text(text, "fp", out->fingerprint, sizeof(out->fingerprint) - 1);
	read_text(text, "id", out->id, sizeof(out->id) - 1);
	read_text(text, "mac", out->mac, PF_RECORD_TEXT_MAX);
	read_text(text, "os", out->os, PF_RECORD_TEXT_MAX);
	read_text(text, "pair", word, PF_RECORD_TEXT_MAX);
	out->pairing_required = strcmp(word, "optional") != 0;
	read_text(text, "mgmt", word, PF_RECORD_TEXT_MAX);
	long mgmt = strtol(word, NULL, 10);
	out->mgmt_port = mgmt > 0 && mgmt <= UINT16_MAX ? (uint16_t)mgmt : 0;
	read_text(text, "addr", word, PF_RECORD_TEXT_MAX);
	if (inet_pton(AF_INET, word, &out->addr) != 1)
		out->addr.s_addr = 0;
	return true;
}

void pf_record_label(char out[PF_SERVICE_NAME_MAX + 1], const char *name)
{
	size_t len = 0;
	for (; *name && len < PF_SERVICE_NAME_MAX; name++) {
		if (isalnum((unsigned char)*name))
			out[len++] = *name;
		else if (len > 0 && out[len - 1] != '-')
			out[len++] = '-';
	}
	while (len > 0 && out[len - 1] == '-')
		len--;
	out[len] = '\0';
	if (len == 0)
		snprintf(out, PF_SERVICE_NAME_MAX + 1, "punktfunk-host");
}

static unsigned shared_bits(struct in_addr a, struct in_addr b)
{
	uint32_t different = ntohl(a.s_addr ^ b.s_addr);
	return different ? (unsigned)__builtin_clz(different) : 32;
}

static unsigned nearest(struct in_addr a, const struct in_addr *ours, size_t own_count)
{
	unsigned best = 0;
	for (size_t i = 0; i < own_count; i++) {
		unsigned bits = shared_bits(a, ours[i]);
		if (bits > best)
			best = bits;
	}
	return best;
}

struct in_addr pf_record_choose(const struct in_addr *of_host, size_t count, const struct in_addr *ours,
	size_t own_count, struct in_addr preferred)
{
	struct in_addr best = of_host[0];
	unsigned best_bits = nearest(best, ours, own_count);
	for (size_t i = 1; i < count; i++) {
		unsigned bits = nearest(of_host[i], ours, own_count);
		bool wins = bits > best_bits;
		if (bits == best_bits && best.s_addr != preferred.s_addr)
			wins = of_host[i].s_addr == preferred.s_addr ||
			       ntohl(of_host[i].s_addr) < ntohl(best.s_addr);
		if (wins) {
			best = of_host[i];
			best_bits = bits;
		}
	}
	return best;
}
