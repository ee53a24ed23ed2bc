#include "discovery/browse.h"

#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-common/error.h>
#include <avahi-common/simple-watch.h>
#include <avahi-common/timeval.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/lookup.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "discovery/machine.h"

struct seen {
	struct pf_record record;
	struct in_addr address[PF_RECORD_ADDRESSES];
	size_t addresses;
};

struct browse {
	AvahiSimplePoll *poll;
	AvahiClient *client;
	AvahiServiceBrowser *client_browser;
	AvahiServer *server;
	AvahiSServiceBrowser *server_browser;
	struct seen seen[PF_BROWSE_HOSTS_MAX];
	size_t count;
};

/* By id where there is one: a host with two interfaces is one host. */
static bool same_host(const struct pf_record *a, const struct pf_record *b)
{
	if (a->id[0] || b->id[0])
		return strcmp(a->id, b->id) == 0;
	return strcmp(a->name, b->name) == 0 && a->port == b->port;
}

static void note(
	struct browse *b, const char *name, const AvahiAddress *address, uint16_t port, AvahiStringList *text)
{
	struct pf_record record;
	struct seen *s = NULL;
	if (address->proto != AVAHI_PROTO_INET || !pf_record_read(&record, name, port, text))
		return;
	for (size_t i = 0; i < b->count; i++) {
		if (same_host(&b->seen[i].record, &record))
			s = &b->seen[i];
	}
	if (!s && b->count == PF_BROWSE_HOSTS_MAX)
		return;
	if (!s) {
		s = &b->seen[b->count++];
		*s = (struct seen){.record = record};
	}
	const struct in_addr in = {.s_addr = address->data.ipv4.address};
	for (size_t i = 0; i < s->addresses; i++) {
		if (s->address[i].s_addr == in.s_addr)
			return;
	}
	if (s->addresses < PF_RECORD_ADDRESSES)
		s->address[s->addresses++] = in;
}

/* --- through the daemon --- */

static void handle_client_resolved(AvahiServiceResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiResolverEvent event, const char *name, const char *type, const char *domain, const char *host,
	const AvahiAddress *address, uint16_t port, AvahiStringList *text, AvahiLookupResultFlags flags,
	void *user)
{
	if (event == AVAHI_RESOLVER_FOUND)
		note(user, name, address, port, text);
	avahi_service_resolver_free(r);
}

static void handle_client_browsed(AvahiServiceBrowser *browser, AvahiIfIndex interface,
	AvahiProtocol protocol, AvahiBrowserEvent event, const char *name, const char *type,
	const char *domain, AvahiLookupResultFlags flags, void *user)
{
	struct browse *b = user;
	if (event == AVAHI_BROWSER_NEW)
		avahi_service_resolver_new(b->client, interface, protocol, name, type, domain,
			AVAHI_PROTO_INET, 0, handle_client_resolved, b);
}

static void handle_client(AvahiClient *client, AvahiClientState state, void *user)
{
}

static bool browse_by_client(struct browse *b)
{
	int rc;
	b->client = avahi_client_new(avahi_simple_poll_get(b->poll), 0, handle_client, b, &rc);
	if (b->client)
		b->client_browser = avahi_service_browser_new(b->client, AVAHI_IF_UNSPEC, AVAHI_PROTO_INET,
			PF_SERVICE_TYPE, NULL, 0, handle_client_browsed, b);
	return b->client_browser != NULL;
}

/* --- by ourselves --- */

static void handle_server_resolved(AvahiSServiceResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiResolverEvent event, const char *name, const char *type, const char *domain, const char *host,
	const AvahiAddress *address, uint16_t port, AvahiStringList *text, AvahiLookupResultFlags flags,
	void *user)
{
	if (event == AVAHI_RESOLVER_FOUND)
		note(user, name, address, port, text);
	avahi_s_service_resolver_free(r);
}

static void handle_server_browsed(AvahiSServiceBrowser *browser, AvahiIfIndex interface,
	AvahiProtocol protocol, AvahiBrowserEvent event, const char *name, const char *type,
	const char *domain, AvahiLookupResultFlags flags, void *user)
{
	struct browse *b = user;
	if (event == AVAHI_BROWSER_NEW)
		avahi_s_service_resolver_new(b->server, interface, protocol, name, type, domain,
			AVAHI_PROTO_INET, 0, handle_server_resolved, b);
}

static void handle_server(AvahiServer *server, AvahiServerState state, void *user)
{
}

static bool browse_by_server(struct browse *b, struct pf_reason *reason)
{
	AvahiServerConfig config;
	int rc = 0;
	avahi_server_config_init(&config);
	config.disable_publishing = 1;
	config.use_ipv6 = 0;
	b->server = avahi_server_new(avahi_simple_poll_get(b->poll), &config, handle_server, b, &rc);
	avahi_server_config_free(&config);
	if (b->server)
		b->server_browser = avahi_s_service_browser_new(b->server, AVAHI_IF_UNSPEC, AVAHI_PROTO_INET,
			PF_SERVICE_TYPE, NULL, 0, handle_server_browsed, b);
	if (!b->server_browser)
		pf_reason(reason, PF_ERR_UNSUPPORTED, "the local network cannot be searched: %s",
			avahi_strerror(rc));
	return b->server_browser != NULL;
}

static void handle_over(AvahiTimeout *timeout, void *user)
{
	avahi_simple_poll_quit(user);
}

static void handle_log(AvahiLogLevel level, const char *text)
{
	pf_debug("mdns", "%s", text);
}

static void run_for(struct browse *b, unsigned ms)
{
	const AvahiPoll *poll = avahi_simple_poll_get(b->poll);
	struct timeval end;
	avahi_elapse_time(&end, ms, 0);
	AvahiTimeout *over = poll->timeout_new(poll, &end, handle_over, b->poll);
	while (over && avahi_simple_poll_iterate(b->poll, -1) == 0)
		continue;
	if (over)
		poll->timeout_free(over);
}

static void finish(struct browse *b)
{
	if (b->client)
		avahi_client_free(b->client);
	if (b->server)
		avahi_server_free(b->server);
	if (b->poll)
		avahi_simple_poll_free(b->poll);
	free(b);
}

static size_t choose_all(const struct browse *b, struct pf_found_host *out)
{
	struct in_addr ours[PF_MACHINE_ADDRESSES];
	size_t own_count = pf_machine_addresses(ours, PF_MACHINE_ADDRESSES);
	for (size_t i = 0; i < b->count; i++) {
		const struct seen *s = &b->seen[i];
		out[i].record = s->record;
		out[i].address = pf_record_choose(s->address, s->addresses, ours, own_count, s->record.addr);
	}
	return b->count;
}

int pf_browse(struct pf_found_host *out, size_t *count, unsigned ms, struct pf_reason *reason)
{
	struct browse *b = calloc(1, sizeof(*b));
	if (!b)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	avahi_set_log_function(handle_log);
	b->poll = avahi_simple_poll_new();
	bool works = b->poll && (browse_by_client(b) || browse_by_server(b, reason));
	if (works) {
		run_for(b, ms);
		*count = choose_all(b, out);
	}
	finish(b);
	return works ? PF_OK : PF_ERR_UNSUPPORTED;
}
