#include "audio/default_journal.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/file.h"

#define FILE_NAME "audio-defaults"
#define FILE_MAX  65536

const char *pf_default_key(enum pf_audio_default which)
{
	return which == PF_AUDIO_DEFAULT_SINK ? "default.configured.audio.sink"
					      : "default.configured.audio.source";
}

static bool read_name(char *out, size_t cap, const json_t *value)
{
	const char *name = json_string_value(value);
	if (!name || strlen(name) >= cap || strlen(name) != json_string_length(value))
		return false;
	memcpy(out, name, strlen(name) + 1);
	return true;
}

/* {"previous": NAME, "ours": [NAME...]}; without "previous" it was not known. */
static bool read_debt(struct pf_default_ledger *l, const json_t *debt)
{
	const json_t *ours = json_object_get(debt, "ours"), *previous = json_object_get(debt, "previous");
	size_t count = json_array_size(ours);
	if (count == 0 || count > PF_DEFAULT_OURS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_name(l->ours[i], sizeof(l->ours[i]), json_array_get(ours, i)) || !l->ours[i][0])
			return false;
	l->ours_count = count;
	l->owed = true;
	l->captured = previous != NULL;
	return !previous || read_name(l->previous, sizeof(l->previous), previous);
}

static bool read_ledgers(struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS], const json_t *root)
{
	for (enum pf_audio_default w = 0; w < PF_AUDIO_DEFAULTS; w++) {
		const json_t *debt = json_object_get(root, pf_default_key(w));
		if (debt && !read_debt(&ledger[w], debt))
			return false;
	}
	return json_is_object(root);
}

static bool parse(struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS], const char *text, size_t len)
{
	struct pf_default_ledger read[PF_AUDIO_DEFAULTS] = {0};
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool fine = read_ledgers(read, root);
	json_decref(root);
	if (fine)
		memcpy(ledger, read, sizeof(read));
	return fine;
}

static void put_aside(const char *path)
{
	char *aside;
	if (asprintf(&aside, "%s.refused", path) < 0)
		return;
	bool moved = rename(path, aside) == 0;
	pf_warn("audio",
		"%s, which tells what the default devices were, is damaged: it is %s, and a default that a "
		"killed host "
		"left must be chosen by hand",
		path, moved ? "kept as audio-defaults.refused" : "ignored");
	free(aside);
}

int pf_default_journal_open(struct pf_default_journal *j, const char *directory,
	struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS], struct pf_reason *reason)
{
	*j = (struct pf_default_journal){0};
	if (asprintf(&j->path, "%s/" FILE_NAME, directory) < 0) {
		j->path = NULL;
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for the defaults' journal");
	}
	size_t len;
	int rc = pf_file_read(j->path, FILE_MAX, &j->text, &len);
	if (rc == PF_ERR_NOT_FOUND)
		return PF_OK;
	if (rc < 0 && rc != PF_ERR_LIMIT)
		return pf_reason(reason, rc, "cannot read %s: %s", j->path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	if (rc == PF_ERR_LIMIT || !parse(ledger, j->text, len)) {
		put_aside(j->path);
		free(j->text);
		j->text = NULL;
	}
	return PF_OK;
}

static json_t *describe_debt(const struct pf_default_ledger *l)
{
	json_t *debt = json_object(), *ours = json_array();
	for (size_t i = 0; i < l->ours_count; i++)
		json_array_append_new(ours, json_string(l->ours[i]));
	if (l->captured)
		json_object_set_new(debt, "previous", json_string(l->previous));
	json_object_set_new(debt, "ours", ours);
	return debt;
}

/* *out is NULL when nothing is owed. */
static int describe(char **out, const struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS])
{
	json_t *root = json_object();
	for (enum pf_audio_default w = 0; w < PF_AUDIO_DEFAULTS; w++)
		if (ledger[w].owed)
			json_object_set_new(root, pf_default_key(w), describe_debt(&ledger[w]));
	bool owed = json_object_size(root) > 0;
	*out = owed ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
	json_decref(root);
	return owed && !*out ? PF_ERR_NOMEM : PF_OK;
}

int pf_default_journal_save(
	struct pf_default_journal *j, const struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS])
{
	char *text;
	int rc = describe(&text, ledger);
	bool same = text && j->text ? !strcmp(text, j->text) : !text && !j->text;
	if (rc == PF_OK && !same) {
		if (text)
			rc = pf_file_write_atomic(j->path, text, strlen(text), 0600);
		else if (unlink(j->path) < 0 && errno != ENOENT)
			rc = PF_ERR_IO;
	}
	if (rc < 0 || same) {
		free(text);
		return rc;
	}
	free(j->text);
	j->text = text;
	return PF_OK;
}

void pf_default_journal_finish(struct pf_default_journal *j)
{
	free(j->path);
	free(j->text);
	*j = (struct pf_default_journal){0};
}
