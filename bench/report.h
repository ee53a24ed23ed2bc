/*
 * What `make bench` gives out: tables of one layout and, when asked for, the same figures as JSON. One report per
 * process, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pf_report_column {
	const char *head; /* above the table's column; NULL: only in the JSON */
	const char *key;  /* in the JSON */
	bool ratio;       /* to another row: in the JSON under "ratios" */
};

/* json_path: NULL for no JSON, "-" for standard output (the tables then go to standard error).
 * PF_ERR_IO when it cannot be written (errno). */
int pf_report_open(const char *json_path);
/* What follows belongs to this table. The columns must stay until the next one. */
void pf_report_table(const char *title, const struct pf_report_column *columns, size_t count);
/* One value per column; NAN where there is none. kernel may be NULL. */
void pf_report_row(const char *name, const char *kernel, const double *value);
/* A line below the table that is no row: why something is missing. */
void pf_report_note(const char *text);
/* Writes the JSON. Errors as above. */
int pf_report_close(void);
