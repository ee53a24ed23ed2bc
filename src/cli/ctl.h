/* What the verbs of `ctl` share. Private to src/cli. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "cli/ctl_client.h"

struct pf_ctl {
	struct pf_ctl_client *client; /* NULL when no host runs: reason says why */
	const char *word[4];          /* behind the verb */
	unsigned words;
	bool json, all, yes;
	const char *ttl, *expires_in, *preset, *fingerprint, *name, *kinds, *since;
	struct pf_reason reason;
	json_t *data; /* what --json prints */
};

struct pf_ctl_verb {
	const char *name, *second; /* `pair arm`; second NULL: one word */
	const char *arguments;     /* for the usage line */
	unsigned min, max;         /* of words behind */
	const char *options;       /* that apply, each followed by a blank */
	const char *help;
	enum pf_ctl_exit (*run)(struct pf_ctl *c);
	void (*print)(const json_t *data); /* for people; NULL: run did */
};

/* Ends with a NULL name. */
extern const struct pf_ctl_verb pf_ctl_verbs[];

/* --- ctl_print.c: tables for people --- */
void pf_ctl_print_status(const json_t *data);
void pf_ctl_print_sessions(const json_t *data);
void pf_ctl_print_window(const json_t *data);
void pf_ctl_print_armed(const json_t *data);
void pf_ctl_print_pending(const json_t *data);
void pf_ctl_print_clients(const json_t *data);
void pf_ctl_print_client(const json_t *data);
void pf_ctl_print_count(const json_t *data);

/* --- ctl_watch.c --- */
enum pf_ctl_exit pf_ctl_watch(struct pf_ctl *c);
