/* The compact XML of the HTTP replies (spec 1.3): elements in document order, and the root's outcome. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gsc_xml_item {
	int depth; /* 1 = child of the root */
	char *name;
	char *text; /* NULL for an element with children */
};

struct gsc_xml {
	long status_code; /* -1 when absent */
	char *status_message;
	struct gsc_xml_item *items;
	size_t count;
};

/* False when the text is no well-formed reply. Breaches of the rules become violations. */
bool gsc_xml_parse(struct gsc_xml *xml, const char *text);
void gsc_xml_free(struct gsc_xml *xml);
/* Text of the first element of this name, NULL without one. */
const char *gsc_xml_text(const struct gsc_xml *xml, const char *name);
