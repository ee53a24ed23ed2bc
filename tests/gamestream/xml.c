#include "xml.h"

#include "violations.h"

#include <stdlib.h>
#include <string.h>

/* Expands the five entities in place; anything else after & is an error. */
static bool unescape(char *s)
{
	static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	char *out = s;
	while (*s) {
		if ((unsigned char)*s < 0x20)
			gsc_violation("1.3: control character 0x%02x in XML text", (unsigned char)*s);
		if (*s != '&') {
			*out++ = *s++;
			continue;
		}
		char code = 0;
		size_t len = 0;
		for (int i = 0; i < 5 && !code; i++) {
			len = strlen(names[i]);
			code = strncmp(s, names[i], len) == 0 ? "&<>\"'"[i] : 0;
		}
		if (!code && strncmp(s, "&#", 2) == 0) {
			char *end;
			bool hex = s[2] == 'x';
			code = (char)strtol(s + (hex ? 3 : 2), &end, hex ? 16 : 10);
			len = *end == ';' ? (size_t)(end + 1 - s) : 0;
		}
		if (!code || !len)
			return false;
		*out++ = code;
		s += len;
	}
	*out = 0;
	return true;
}

static bool read_attributes(struct gsc_xml *xml, const char *s, const char *end)
{
	while (s < end) {
		s += strspn(s, " \t\r\n");
		if (s >= end)
			return true;
		const char *eq = memchr(s, '=', (size_t)(end - s));
		if (!eq || (eq[1] != '"' && eq[1] != '\''))
			return false;
		const char *close = memchr(eq + 2, eq[1], (size_t)(end - eq - 2));
		if (!close)
			return false;
		char *value = strndup(eq + 2, (size_t)(close - eq - 2));
		bool ok = unescape(value);
		if (strncmp(s, "status_code=", 12) == 0)
			xml->status_code = strtol(value, NULL, 10);
		if (strncmp(s, "status_message=", 15) == 0) {
			free(xml->status_message);
			xml->status_message = strdup(value);
		}
		free(value);
		if (!ok)
			return false;
		s = close + 1;
	}
	return true;
}

static struct gsc_xml_item *add_item(struct gsc_xml *xml, int depth, const char *name, size_t len)
{
	xml->items = realloc(xml->items, (xml->count + 1) * sizeof(*xml->items));
	struct gsc_xml_item *item = &xml->items[xml->count++];
	*item = (struct gsc_xml_item){depth, strndup(name, len), NULL};
	return item;
}

/* Content and end tag of an element whose start tag was read; where parsing goes on, NULL on error. */
static const char *read_content(
	struct gsc_xml *xml, const char *s, int depth, const char *name, size_t name_len, size_t item)
{
	bool has_children = false;
	for (;;) {
		const char *tag = strchr(s, '<');
		if (!tag || depth > 8)
			return NULL;
		bool end_tag = tag[1] == '/';
		if (tag > s && (!end_tag || has_children || depth == 0))
			gsc_violation("1.3: text between elements in <%.*s>", (int)name_len, name);
		if (end_tag) {
			if (strncmp(tag + 2, name, name_len) != 0 || tag[2 + name_len] != '>')
				return NULL;
			if (depth && !has_children) {
				xml->items[item].text = strndup(s, (size_t)(tag - s));
				if (!unescape(xml->items[item].text))
					return NULL;
			}
			return tag + 3 + name_len;
		}
		has_children = true;
		const char *close = strchr(tag, '>');
		if (!close)
			return NULL;
		size_t len = strcspn(tag + 1, " />");
		size_t child = xml->count;
		add_item(xml, depth + 1, tag + 1, len);
		if (close[-1] == '/') {
			xml->items[child].text = strdup("");
			s = close + 1;
		} else if (!(s = read_content(xml, close + 1, depth + 1, tag + 1, len, child))) {
			return NULL;
		}
	}
}

bool gsc_xml_parse(struct gsc_xml *xml, const char *text)
{
	*xml = (struct gsc_xml){.status_code = -1};
	const char *s = text;
	if (strncmp(s, "<?xml", 5) == 0) {
		s = strstr(s, "?>");
		if (!s)
			return false;
		s += 2;
		s += strspn(s, " \r\n\t");
	}
	const char *close = strchr(s, '>');
	if (strncmp(s, "<root", 5) != 0 || !close)
		return false;
	bool empty = close[-1] == '/';
	if (!read_attributes(xml, s + 5, empty ? close - 1 : close))
		return false;
	if (xml->status_code < 0)
		gsc_violation("1.3: reply without status_code");
	s = empty ? close + 1 : read_content(xml, close + 1, 0, "root", 4, 0);
	if (!s)
		return false;
	return s[strspn(s, " \r\n\t")] == 0;
}

void gsc_xml_free(struct gsc_xml *xml)
{
	for (size_t i = 0; i < xml->count; i++) {
		free(xml->items[i].name);
		free(xml->items[i].text);
	}
	free(xml->items);
	free(xml->status_message);
	*xml = (struct gsc_xml){0};
}

const char *gsc_xml_text(const struct gsc_xml *xml, const char *name)
{
	for (size_t i = 0; i < xml->count; i++)
		if (xml->items[i].text && strcmp(xml->items[i].name, name) == 0)
			return xml->items[i].text;
	return NULL;
}
