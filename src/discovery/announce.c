#include "discovery/announce.h"

#include <arpa/inet.h>
#include <avahi-client/client.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/thread-watch.h>
#include <avahi-common/timeval.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/publish.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "discovery/machine.h"

#define LOOK_MS 10000 /* for other addresses, and for a daemon where D-Bus was missing */

/* Everything belongs to the poll's thread, or to who holds its lock. */
struct pf_announcer {
	struct pf_record record;
	struct in_addr bound;
	AvahiThreadedPoll *poll;
	AvahiTimeout *look;
	char *name; /* as it had to be after collisions */

	AvahiClient *client; /* NULL without D-Bus */
	AvahiEntryGroup *client_group;
	bool daemon_runs;

	AvahiServer *server; /* our own, while no daemon runs */
	AvahiSEntryGroup *server_group;
};

static const AvahiPoll *poll_of(const struct pf_announcer *a)
{
	return avahi_threaded_poll_get(a->poll);
}

static AvahiIfIndex interface_of(const struct pf_announcer *a)
{
	unsigned index = a->bound.s_addr ? pf_machine_interface(a->bound) : 0;
	return index ? (AvahiIfIndex)index : AVAHI_IF_UNSPEC;
}

static void rename_service(struct pf_announcer *a)
{
	char *other = avahi_alternative_service_name(a->name);
	if (!other)
		return;
	pf_info("mdns", "the name \"%s\" is taken here; this host announces itself as \"%s\"", a->name,
		other);
	avahi_free(a->name);
	a->name = other;
}

/* --- through the daemon --- */

static void publish_by_client(struct pf_announcer *a);

static void handle_client_group(AvahiEntryGroup *group, AvahiEntryGroupState state, void *user)
{
	struct pf_announcer *a = user;
	a->client_group = group;
	if (state == AVAHI_ENTRY_GROUP_ESTABLISHED) {
		pf_info("mdns", "announced as \"%s\" by the Avahi daemon", a->name);
	} else if (state == AVAHI_ENTRY_GROUP_COLLISION) {
		rename_service(a);
		avahi_entry_group_reset(group);
		publish_by_client(a);
	} else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
		pf_warn("mdns", "the Avahi daemon does not announce this host: %s",
			avahi_strerror(avahi_client_errno(a->client)));
	}
}

static void publish_by_client(struct pf_announcer *a)
{
	char label[PF_SERVICE_NAME_MAX + 1];
	if (!a->client_group)
		a->client_group = avahi_entry_group_new(a->client, handle_client_group, a);
	if (!a->client_group || !avahi_entry_group_is_empty(a->client_group))
		return;
	AvahiStringList *text = pf_record_text(&a->record);
	int rc = avahi_entry_group_add_service_strlst(a->client_group, interface_of(a), AVAHI_PROTO_UNSPEC, 0,
		a->name, PF_SERVICE_TYPE, NULL, NULL, a->record.port, text);
	avahi_string_list_free(text);
	if (rc == 0 && a->record.gamestream_port) {
		pf_record_label(label, a->name);
		rc = avahi_entry_group_add_service_strlst(a->client_group, interface_of(a), AVAHI_PROTO_INET,
			0, label, PF_SERVICE_TYPE_GAMESTREAM, NULL, NULL, a->record.gamestream_port, NULL);
	}
	if (rc == AVAHI_ERR_COLLISION) {
		rename_service(a);
		avahi_entry_group_reset(a->client_group);
		publish_by_client(a);
	} else if (rc < 0 || (rc = avahi_entry_group_commit(a->client_group)) < 0) {
		pf_warn("mdns", "the Avahi daemon does not announce this host: %s", avahi_strerror(rc));
	}
}

/* --- by ourselves --- */

static void publish_by_server(struct pf_announcer *a);

static void handle_server_group(
	AvahiServer *server, AvahiSEntryGroup *group, AvahiEntryGroupState state, void *user)
{
	struct pf_announcer *a = user;
	if (state == AVAHI_ENTRY_GROUP_ESTABLISHED) {
		pf_info("mdns", "announced as \"%s\" without the Avahi daemon, which does not run", a->name);
	} else if (state == AVAHI_ENTRY_GROUP_COLLISION) {
		rename_service(a);
		avahi_s_entry_group_reset(group);
		publish_by_server(a);
	} else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
		pf_warn("mdns", "this host is not announced: %s", avahi_strerror(avahi_server_errno(server)));
	}
}

static void publish_by_server(struct pf_announcer *a)
{
	char label[PF_SERVICE_NAME_MAX + 1];
	if (!a->server_group)
		a->server_group = avahi_s_entry_group_new(a->server, handle_server_group, a);
	if (!a->server_group || !avahi_s_entry_group_is_empty(a->server_group))
		return;
	AvahiStringList *text = pf_record_text(&a->record);
	int rc = avahi_server_add_service_strlst(a->server, a->server_group, interface_of(a),
		AVAHI_PROTO_UNSPEC, 0, a->name, PF_SERVICE_TYPE, NULL, NULL, a->record.port, text);
	avahi_string_list_free(text);
	if (rc == 0 && a->record.gamestream_port) {
		pf_record_label(label, a->name);
		rc = avahi_server_add_service_strlst(a->server, a->server_group, interface_of(a),
			AVAHI_PROTO_INET, 0, label, PF_SERVICE_TYPE_GAMESTREAM, NULL, NULL,
			a->record.gamestream_port, NULL);
	}
	if (rc == AVAHI_ERR_COLLISION) {
		rename_service(a);
		avahi_s_entry_group_reset(a->server_group);
		publish_by_server(a);
	} else if (rc < 0 || (rc = avahi_s_entry_group_commit(a->server_group)) < 0) {
		pf_warn("mdns", "this host is not announced: %s", avahi_strerror(rc));
	}
}

static void handle_server(AvahiServer *server, AvahiServerState state, void *user)
{
	struct pf_announcer *a = user;
	a->server = server;
	if (state == AVAHI_SERVER_RUNNING) {
		publish_by_server(a);
	} else if (state == AVAHI_SERVER_COLLISION) {
		char *other = avahi_alternative_host_name(avahi_server_get_host_name(server));
		if (other)
			avahi_server_set_host_name(server, other);
		avahi_free(other);
	}
	if (state != AVAHI_SERVER_RUNNING && a->server_group)
		avahi_s_entry_group_reset(a->server_group);
}

static AvahiStringList *list_virtual_interfaces(void)
{
	AvahiStringList *list = NULL;
	struct if_nameindex *all = if_nameindex();
	for (const struct if_nameindex *i = all; i && i->if_name; i++) {
		if (pf_machine_is_virtual(i->if_name))
			list = avahi_string_list_add(list, i->if_name);
	}
	if_freenameindex(all);
	return list;
}

static void start_server(struct pf_announcer *a)
{
	char label[PF_SERVICE_NAME_MAX + 1];
	AvahiServerConfig config;
	int rc = 0;
	if (a->server)
		return;
	avahi_server_config_init(&config);
	pf_record_label(label, a->record.name);
	config.host_name = avahi_strdup(label);
	config.publish_hinfo = 0;
	config.publish_workstation = 0;
	config.use_ipv6 = 0; /* clients dial IPv4 */
	config.deny_interfaces = list_virtual_interfaces();
	a->server = avahi_server_new(poll_of(a), &config, handle_server, a, &rc);
	avahi_server_config_free(&config);
	if (!a->server)
		pf_warn("mdns", "this host is not announced: %s; clients must be told its address",
			avahi_strerror(rc));
}

static void drop_server(struct pf_announcer *a)
{
	if (a->server_group)
		avahi_s_entry_group_free(a->server_group);
	a->server_group = NULL;
	if (a->server)
		avahi_server_free(a->server);
	a->server = NULL;
}

/* --- which of the two --- */

static void look_soon(struct pf_announcer *a)
{
	struct timeval now;
	avahi_elapse_time(&now, 0, 0);
	poll_of(a)->timeout_update(a->look, &now);
}

static void handle_client(AvahiClient *client, AvahiClientState state, void *user)
{
	struct pf_announcer *a = user;
	a->client = client;
	a->daemon_runs = state == AVAHI_CLIENT_S_RUNNING;
	switch (state) {
	case AVAHI_CLIENT_S_RUNNING:
		drop_server(a);
		publish_by_client(a);
		break;
	case AVAHI_CLIENT_S_REGISTERING:
	case AVAHI_CLIENT_S_COLLISION:
		if (a->client_group)
			avahi_entry_group_reset(a->client_group); /* its addresses are about to change */
		break;
	case AVAHI_CLIENT_CONNECTING:
		break;
	case AVAHI_CLIENT_FAILURE:
		look_soon(a); /* it cannot be freed from in here */
		break;
	}
}

static bool client_failed(const struct pf_announcer *a)
{
	return a->client && avahi_client_get_state(a->client) == AVAHI_CLIENT_FAILURE;
}

/* Its group goes with it: avahi_entry_group_free() means another function in libavahi-core (see meson.build). */
static void drop_client(struct pf_announcer *a)
{
	if (a->client)
		avahi_client_free(a->client);
	a->client = NULL;
	a->client_group = NULL;
	a->daemon_runs = false;
}

static void update_text(struct pf_announcer *a)
{
	AvahiStringList *text = pf_record_text(&a->record);
	if (a->client_group && a->daemon_runs)
		avahi_entry_group_update_service_txt_strlst(a->client_group, interface_of(a),
			AVAHI_PROTO_UNSPEC, 0, a->name, PF_SERVICE_TYPE, NULL, text);
	if (a->server_group)
		avahi_server_update_service_txt_strlst(a->server, a->server_group, interface_of(a),
			AVAHI_PROTO_UNSPEC, 0, a->name, PF_SERVICE_TYPE, NULL, text);
	avahi_string_list_free(text);
}

/* A and SRV records follow the interfaces by themselves; what TXT says of them is ours to keep true. */
static void look_at_addresses(struct pf_announcer *a)
{
	const struct pf_record before = a->record;
	a->record.addr = a->bound.s_addr ? a->bound : pf_machine_address();
	pf_machine_macs(a->record.mac, sizeof(a->record.mac), a->record.addr);
	if (before.addr.s_addr != a->record.addr.s_addr || strcmp(before.mac, a->record.mac) != 0)
		update_text(a);
}

static void handle_look(AvahiTimeout *timeout, void *user)
{
	struct pf_announcer *a = user;
	struct timeval next;
	int rc = 0;
	if (client_failed(a))
		drop_client(a);
	if (!a->client)
		a->client = avahi_client_new(poll_of(a), 0, handle_client, a, &rc);
	if (!a->client)
		start_server(a);
	look_at_addresses(a);
	avahi_elapse_time(&next, LOOK_MS, 0);
	poll_of(a)->timeout_update(timeout, &next);
}

static void handle_log(AvahiLogLevel level, const char *text)
{
	pf_debug("mdns", "%s", text);
}

static void free_announcer(struct pf_announcer *a)
{
	drop_client(a);
	drop_server(a);
	if (a->look)
		poll_of(a)->timeout_free(a->look);
	if (a->poll)
		avahi_threaded_poll_free(a->poll);
	avahi_free(a->name);
	free(a);
}

int pf_announcer_start(
	struct pf_announcer **out, const struct pf_announcer_params *params, struct pf_reason *reason)
{
	struct timeval now;
	struct pf_announcer *a = calloc(1, sizeof(*a));
	if (!a)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	avahi_set_log_function(handle_log);
	a->record = params->record;
	a->bound = params->bound;
	a->record.addr = a->bound.s_addr ? a->bound : pf_machine_address();
	pf_machine_macs(a->record.mac, sizeof(a->record.mac), a->record.addr);
	a->name = avahi_strdup(params->record.name);
	a->poll = avahi_threaded_poll_new();
	if (a->poll) {
		avahi_elapse_time(&now, 0, 0);
		a->look = poll_of(a)->timeout_new(poll_of(a), &now, handle_look, a);
	}
	if (!a->name || !a->look || avahi_threaded_poll_start(a->poll) < 0) {
		free_announcer(a);
		return pf_reason(reason, PF_ERR_NOMEM, "the announcing thread cannot be started");
	}
	*out = a;
	return PF_OK;
}

void pf_announcer_stop(struct pf_announcer *a)
{
	if (!a)
		return;
	avahi_threaded_poll_stop(a->poll);
	free_announcer(a);
}
