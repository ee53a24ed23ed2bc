#include "cli/ctl.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "os/file.h"

#define WORDS_MAX 6

static const char *code_word(enum pf_ctl_exit code)
{
	static const char *const words[] = {"ok", "refused", "usage", "no-host", "wrong-host"};
	return words[code];
}

static const struct pf_ctl_verb *find_verb(const char *const *word, size_t count, unsigned *used)
{
	for (const struct pf_ctl_verb *v = pf_ctl_verbs; v->name; v++) {
		if (strcmp(v->name, word[0]) != 0)
			continue;
		*used = v->second ? 2 : 1;
		if (!v->second || (count > 1 && strcmp(v->second, word[1]) == 0))
			return v;
	}
	return NULL;
}

static int print_help(void)
{
	printf("usage: punktfunk-host ctl VERB [OPTIONS]\n"
	       "Operates the host that runs with this user's configuration directory.\n\n");
	for (const struct pf_ctl_verb *v = pf_ctl_verbs; v->name; v++) {
		char left[64];
		snprintf(left, sizeof(left), "%s%s%s %s", v->name, v->second ? " " : "",
			v->second ? v->second : "", v->arguments);
		printf("  %-22s %s\n", left, v->help);
	}
	printf("\n  --json                 {\"v\":1,\"data\":...} or {\"v\":1,\"error\":{...}} on stdout\n"
	       "  --preset PRESET        full, controller or view (full)\n"
	       "  --expires-in TIME      seconds, or 90m, 2h, 7d, until-disconnect (never)\n"
	       "  --ttl SECONDS          how long a pairing window stays open (120)\n"
	       "  --fingerprint FP       the only device that a pairing window is for\n"
	       "  --name NAME            of the device that is approved (its own)\n"
	       "  --all, --yes           every device, and without a question\n"
	       "  --kinds A,B.*          what to watch (everything)\n"
	       "  --since SEQ            watch from the event after this one on\n"
	       "\nFP is a fingerprint or its first 8 digits or more.\n"
	       "Exit status: 0 done, 1 refused by the host, 2 wrong usage, 3 no host runs, 4 something else\n"
	       "than the host listens there.\n");
	return 0;
}

static int report(struct pf_ctl *c, const struct pf_ctl_verb *verb, enum pf_ctl_exit code)
{
	if (code == PF_CTL_DONE && c->json) {
		json_t *out = json_pack("{s:i, s:O?}", "v", 1, "data", c->data);
		json_dumpf(out, stdout, JSON_COMPACT);
		json_decref(out);
		printf("\n");
	} else if (code == PF_CTL_DONE && verb->print) {
		verb->print(c->data);
	} else if (code == PF_CTL_DONE) {
		printf("done\n");
	} else if (c->json) {
		json_t *out = json_pack("{s:i, s:{s:s, s:s}}", "v", 1, "error", "code", code_word(code),
			"message", c->reason.text);
		json_dumpf(out, stdout, JSON_COMPACT);
		json_decref(out);
		printf("\n");
	} else {
		fprintf(stderr, "punktfunk-host: %s\n", c->reason.text);
	}
	json_decref(c->data);
	pf_ctl_client_close(c->client);
	return code;
}

/* Every option but --json belongs to some verbs only. */
static bool options_apply(struct pf_ctl *c, const struct pf_ctl_verb *verb)
{
	const struct {
		const char *name;
		bool given;
	} row[] = {{"ttl", c->ttl != NULL}, {"expires-in", c->expires_in != NULL},
		{"preset", c->preset != NULL}, {"fingerprint", c->fingerprint != NULL},
		{"name", c->name != NULL}, {"kinds", c->kinds != NULL}, {"since", c->since != NULL},
		{"all", c->all}, {"yes", c->yes}};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (row[i].given && !pf_words_have(verb->options, row[i].name)) {
			pf_reason(&c->reason, PF_ERR_INVALID, "--%s does not belong to %s", row[i].name,
				verb->name);
			return false;
		}
	}
	return true;
}

static enum pf_ctl_exit open_client(struct pf_ctl *c)
{
	char dir[PATH_MAX];
	if (pf_config_dir(dir, sizeof(dir)) < 0) {
		pf_reason(&c->reason, PF_ERR_NOT_FOUND, "no home directory; set PUNKTFUNK_CONFIG_DIR");
		return PF_CTL_NO_HOST;
	}
	if (pf_ctl_client_open(&c->client, dir, &c->reason) < 0)
		return PF_CTL_NO_HOST;
	return PF_CTL_DONE;
}

int pf_cli_ctl(int argc, char **argv)
{
	struct pf_ctl c = {0};
	const char *word[WORDS_MAX];
	struct pf_option_words words = {.word = word, .max = WORDS_MAX};
	const struct pf_option options[] = {
		{"json", NULL, PF_OPTION_SWITCH, &c.json},
		{"all", NULL, PF_OPTION_SWITCH, &c.all},
		{"yes", NULL, PF_OPTION_SWITCH, &c.yes},
		{"ttl", NULL, PF_OPTION_TEXT, &c.ttl, .argument = "SECONDS"},
		{"expires-in", NULL, PF_OPTION_TEXT, &c.expires_in, .argument = "TIME"},
		{"preset", NULL, PF_OPTION_TEXT, &c.preset, .argument = "PRESET"},
		{"fingerprint", NULL, PF_OPTION_TEXT, &c.fingerprint, .argument = "FP"},
		{"name", NULL, PF_OPTION_TEXT, &c.name, .argument = "NAME"},
		{"kinds", NULL, PF_OPTION_TEXT, &c.kinds, .argument = "KINDS"},
		{"since", NULL, PF_OPTION_TEXT, &c.since, .argument = "SEQ"},
	};
	if (pf_options_help_wanted(argc, argv))
		return print_help();
	if (pf_options_parse_words(options, sizeof(options) / sizeof(options[0]), argc, argv, "", &words) !=
		PF_OPTIONS_OK)
		return PF_CTL_USAGE;
	unsigned used = 0;
	const struct pf_ctl_verb *verb = words.count ? find_verb(word, words.count, &used) : NULL;
	if (!verb) {
		pf_reason(&c.reason, PF_ERR_INVALID, "`punktfunk-host ctl --help` lists what can be done");
		return report(&c, NULL, PF_CTL_USAGE);
	}
	c.words = (unsigned)words.count - used;
	if (c.words < verb->min || c.words > verb->max) {
		pf_reason(&c.reason, PF_ERR_INVALID, "usage: punktfunk-host ctl %s%s%s %s", verb->name,
			verb->second ? " " : "", verb->second ? verb->second : "", verb->arguments);
		return report(&c, verb, PF_CTL_USAGE);
	}
	memcpy(c.word, word + used, c.words * sizeof(word[0]));
	if (!options_apply(&c, verb))
		return report(&c, verb, PF_CTL_USAGE);
	enum pf_ctl_exit code = open_client(&c);
	return report(&c, verb, code == PF_CTL_DONE ? verb->run(&c) : code);
}
