#include "probe/discover.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "discovery/browse.h"

static const char *pair_word(const struct pf_found_host *h)
{
	return h->record.pairing_required ? "required" : "optional";
}

static void print_lines(const struct pf_found_host *hosts, size_t count)
{
	char address[INET_ADDRSTRLEN];
	if (count == 0)
		printf("no host was found\n");
	for (size_t i = 0; i < count; i++) {
		const struct pf_record *r = &hosts[i].record;
		inet_ntop(AF_INET, &hosts[i].address, address, sizeof(address));
		printf("%s  %s:%u  pair=%s  %s  fp=%s\n", r->name, address, r->port, pair_word(&hosts[i]),
			PF_SERVICE_PROTO, r->fingerprint);
	}
}

static void print_json(const struct pf_found_host *hosts, size_t count)
{
	char address[INET_ADDRSTRLEN];
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct pf_record *r = &hosts[i].record;
		inet_ntop(AF_INET, &hosts[i].address, address, sizeof(address));
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:i, s:s}", "name", r->name,
				      "address", address, "port", (int)r->port, "pair", pair_word(&hosts[i]),
				      "proto", PF_SERVICE_PROTO, "fp", r->fingerprint, "id", r->id, "mgmt",
				      (int)r->mgmt_port, "os", r->os));
	}
	json_dumpf(list, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(list);
}

int pf_probe_discover(unsigned seconds, bool as_json, struct pf_reason *reason)
{
	size_t count = 0;
	struct pf_found_host *hosts = calloc(PF_BROWSE_HOSTS_MAX, sizeof(*hosts));
	if (!hosts)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	int rc = pf_browse(hosts, &count, seconds * 1000, reason);
	if (rc == PF_OK && as_json)
		print_json(hosts, count);
	else if (rc == PF_OK)
		print_lines(hosts, count);
	free(hosts);
	return rc;
}
