#include "bytes.h"
#include "http.h"
#include "options.h"
#include "pairing.h"
#include "stream.h"
#include "violations.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(j);
	return 0;
}

/* Exit status: 0 status_code 200, 1 another one, 2 no reply. */
static int ask(struct gsc_http *http, bool https, const char *path, struct gsc_xml *xml)
{
	char why[256];
	if (!gsc_http_xml(http, https, path, 30, xml, why)) {
		fprintf(stderr, "%s\n", why);
		return 2;
	}
	if (xml->status_code == 200)
		return 0;
	fprintf(stderr, "status %ld: %s\n", xml->status_code, xml->status_message ? xml->status_message : "");
	return 1;
}

static int command_info(const struct gsc_options *o, struct gsc_http *http)
{
	struct gsc_xml xml;
	int rc = ask(http, o->https, "/serverinfo", &xml);
	if (rc < 2) {
		json_t *j = json_object();
		for (size_t i = 0; i < xml.count; i++)
			if (xml.items[i].text)
				json_object_set_new(j, xml.items[i].name, json_string(xml.items[i].text));
		json_object_set_new(j, "status_code", json_integer(xml.status_code));
		if (xml.status_message)
			json_object_set_new(j, "status_message", json_string(xml.status_message));
		print_json(j);
	}
	gsc_xml_free(&xml);
	return rc;
}

static json_t *app_list(const struct gsc_xml *xml)
{
	json_t *list = json_array(), *app = NULL;
	for (size_t i = 0; i < xml->count; i++) {
		const struct gsc_xml_item *item = &xml->items[i];
		if (item->depth == 1 && strcmp(item->name, "App") == 0)
			json_array_append_new(list, app = json_object());
		else if (app && item->text && strcmp(item->name, "ID") == 0)
			json_object_set_new(app, "id", json_integer(atoll(item->text)));
		else if (app && item->text && strcmp(item->name, "AppTitle") == 0)
			json_object_set_new(app, "title", json_string(item->text));
	}
	return list;
}

static int command_applist(struct gsc_http *http)
{
	struct gsc_xml xml;
	int rc = ask(http, true, "/applist", &xml);
	if (rc == 0)
		print_json(app_list(&xml));
	gsc_xml_free(&xml);
	return rc;
}

static int command_get(const struct gsc_options *o, struct gsc_http *http)
{
	struct gsc_body body;
	char why[256];
	bool ok = gsc_http_get(http, o->https, o->path, 30, &body, why);
	if (ok)
		fwrite(body.data, 1, body.len, stdout);
	else
		fprintf(stderr, "%s\n", why);
	free(body.data);
	return ok ? 0 : 2;
}

static int command_simple(struct gsc_http *http, bool https, const char *path)
{
	struct gsc_xml xml;
	int rc = ask(http, https, path, &xml);
	const char *cancel = gsc_xml_text(&xml, "cancel");
	if (rc == 0 && strcmp(path, "/cancel") == 0 && (!cancel || atoi(cancel) == 0))
		gsc_violation("1.10: cancel is %s", cancel ? cancel : "missing");
	gsc_xml_free(&xml);
	return rc;
}

static int command_pair(const struct gsc_options *o, struct gsc_http *http, struct gsc_identity *identity)
{
	char pin[8];
	uint32_t random;
	gsc_random(&random, sizeof(random));
	snprintf(pin, sizeof(pin), "%04u", random % 10000);
	return gsc_pair(http, identity, o->pin ? o->pin : pin, o->wrong_hash_ignored);
}

static int run(const struct gsc_options *o, struct gsc_http *http, struct gsc_identity *identity)
{
	const char *c = o->command;
	if (strcmp(c, "stream") == 0)
		return gsc_stream(o, http);
	int rc = 2;
	if (strcmp(c, "pair") == 0)
		rc = command_pair(o, http, identity);
	else if (strcmp(c, "info") == 0)
		rc = command_info(o, http);
	else if (strcmp(c, "get") == 0)
		rc = command_get(o, http);
	else if (strcmp(c, "applist") == 0)
		rc = command_applist(http);
	else if (strcmp(c, "cancel") == 0)
		rc = command_simple(http, true, "/cancel");
	else if (strcmp(c, "unpair") == 0)
		rc = command_simple(http, false, "/unpair");
	else
		fprintf(stderr, "no command %s\n", c);
	gsc_violations_print();
	return rc;
}

int main(int argc, char **argv)
{
	struct gsc_options options;
	struct gsc_identity identity;
	if (!gsc_options_parse(&options, argc, argv))
		return 2;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int rc = 2;
	if (gsc_identity_open(&identity, options.state)) {
		struct gsc_http http = {
			.host = options.host, .http_port = options.http_port, .identity = &identity};
		rc = run(&options, &http, &identity);
	}
	gsc_identity_close(&identity);
	curl_global_cleanup();
	return rc;
}
