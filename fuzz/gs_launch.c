/* The query of a launch or a resume, "name=value" lines: what is accepted can be streamed. The whole as XML text, too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gamestream/launch.h"
#include "proto/gamestream/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value behind "name=" at the beginning of a line. */
static const char *get(void *user, const char *name)
{
	char *line = user;
	size_t n = strlen(name);
	for (; line && *line; line = strchr(line, '\0') + 1) {
		if (strncmp(line, name, n) == 0 && line[n] == '=')
			return line + n + 1;
	}
	return NULL;
}

static void check_xml(const char *text)
{
	static uint8_t out[65536];
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_xml_begin(&w, 200, text);
	pf_xml_text(&w, "a", text);
	pf_xml_end(&w);
	if (w.failed)
		return;
	/* Brackets are the elements' own: two of root, two of <a>, and the declaration. */
	unsigned open = 0;
	for (size_t i = 0; i < w.len; i++) {
		open += out[i] == '<';
		if (out[i] < 0x20)
			abort();
	}
	if (open != 5)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_gs_launch l;
	struct pf_reason reason = {0};
	char *text = malloc(size + 2);
	if (!text)
		return 0;
	for (size_t i = 0; i < size; i++)
		text[i] = data[i] == '\n' ? '\0' : (char)data[i];
	text[size] = text[size + 1] = '\0';
	for (int resume = 0; resume < 2; resume++) {
		int rc = pf_gs_launch_read(&l, resume, get, text, &reason);
		if (rc < 0 && !reason.text[0])
			abort();
		if (rc == PF_OK && (!pf_mode_valid(l.mode) || (!resume && l.app == 0) ||
					   (l.has_surround && !pf_surround_find(l.surround.channels, false))))
			abort();
	}
	check_xml(text);
	free(text);
	return 0;
}
