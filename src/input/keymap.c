#include "input/keymap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64

struct names {
	char model[NAME_MAX_BYTES], layout[NAME_MAX_BYTES], variant[NAME_MAX_BYTES], options[NAME_MAX_BYTES];
};

/* KEY=value or KEY="value". */
static bool take(const char *line, const char *key, char out[NAME_MAX_BYTES])
{
	size_t n = strlen(key);
	if (strncmp(line, key, n) != 0 || line[n] != '=')
		return false;
	line += n + 1;
	if (*line == '"')
		line++;
	size_t len = strcspn(line, "\"\n");
	if (len >= NAME_MAX_BYTES)
		return false;
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

static void read_names(struct names *names, const char *path)
{
	char line[256];
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		/* vconsole.conf spells the same names, or knows KEYMAP only, which is no xkb layout. */
		take(line, "XKBMODEL", names->model);
		take(line, "XKBLAYOUT", names->layout);
		take(line, "XKBVARIANT", names->variant);
		take(line, "XKBOPTIONS", names->options);
	}
	fclose(f);
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

struct xkb_keymap *pf_keymap_system(struct xkb_context *context)
{
	struct names names = {0};
	if (!getenv("XKB_DEFAULT_LAYOUT")) {
		read_names(&names, "/etc/vconsole.conf");
		read_names(&names, "/etc/default/keyboard");
	}
	const struct xkb_rule_names rules = {
		.model = or_null(names.model),
		.layout = or_null(names.layout),
		.variant = or_null(names.variant),
		.options = or_null(names.options),
	};
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, &rules, XKB_KEYMAP_COMPILE_NO_FLAGS);
	return keymap ? keymap : xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
}

unsigned pf_text_keys_find(struct pf_text_keys *t, uint32_t scalar, bool *grown)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (t->scalar[i] == scalar) {
			*grown = false;
			return i + 1;
		}
	}
	if (t->count == PF_TEXT_KEYS)
		t->count = 0;
	t->scalar[t->count++] = scalar;
	*grown = true;
	return t->count;
}

void pf_text_keys_expect(struct pf_text_keys *t, uint32_t scalar)
{
	for (unsigned i = 0; i < t->count; i++) {
		if (t->scalar[i] == scalar)
			return;
	}
	if (t->count < PF_TEXT_KEYS)
		t->scalar[t->count++] = scalar;
}

char *pf_text_keys_keymap(const struct pf_text_keys *t)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	fprintf(f, "xkb_keymap {\nxkb_keycodes \"text\" {\nminimum = 8;\nmaximum = %u;\n", 9 + PF_TEXT_KEYS);
	for (unsigned i = 0; i < t->count; i++)
		fprintf(f, "<T%u> = %u;\n", i, 9 + i);
	/* As little as the format takes: the compositor and each of its clients compile this anew whenever it grows, and
	 * the complete types cost several times all the rest. Clients ask for the virtual modifiers by name. */
	fprintf(f,
		"};\nxkb_types \"text\" {\nvirtual_modifiers NumLock, Alt, LevelThree, Super, Meta, Hyper;\n"
		"type \"ONE_LEVEL\" { modifiers = none; level_name[1] = \"Any\"; };\n};\n"
		"xkb_compatibility \"text\" {};\nxkb_symbols \"text\" {\n");
	for (unsigned i = 0; i < t->count; i++)
		fprintf(f, "key <T%u> { [ U%04X ] };\n", i, t->scalar[i]);
	fprintf(f, "};\n};\n");
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

int pf_keymap_fd(const char *text, size_t *size)
{
	int fd = memfd_create("keymap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	*size = strlen(text) + 1;
	if (fd < 0)
		return PF_ERR_IO;
	if (write(fd, text, *size) != (ssize_t)*size) {
		close(fd);
		return PF_ERR_IO;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	return fd;
}
