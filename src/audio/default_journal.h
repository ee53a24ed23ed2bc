/*
 * What the defaults were before we changed them, on disk: the file `audio-defaults` (JSON) of the host's
 * configuration. It is there exactly while one of our names may stand in the graph. One thread.
 */
#pragma once

#include "audio/default_ledger.h"
#include "audio/defaults.h"
#include "base/error.h"

struct pf_default_journal {
	char *path;
	char *text; /* as it is on disk; NULL = there is no file */
};

/* The metadata's key of a default. */
const char *pf_default_key(enum pf_audio_default which);

/* Reads what a predecessor owes into zero-initialised ledgers. A file that makes no sense is put aside as
 * `audio-defaults.refused`, with a warning. Finish it in any case. Errors: PF_ERR_NOMEM, PF_ERR_IO, with a reason. */
int pf_default_journal_open(struct pf_default_journal *j, const char *directory,
	struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS], struct pf_reason *reason);
/* Brings the file up to date; cheap when it is. Errors: PF_ERR_NOMEM, PF_ERR_IO: the file is as before. */
int pf_default_journal_save(
	struct pf_default_journal *j, const struct pf_default_ledger ledger[PF_AUDIO_DEFAULTS]);
/* The file stays. */
void pf_default_journal_finish(struct pf_default_journal *j);
