#include "report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static struct {
	FILE *out;             /* the tables */
	FILE *json;            /* NULL when nobody wants it */
	json_t *groups, *rows; /* rows of the table under way, borrowed */
	const struct pf_report_column *columns;
	size_t count;
} report;

int pf_report_open(const char *json_path)
{
	bool standard = json_path && strcmp(json_path, "-") == 0;
	report.out = standard ? stderr : stdout;
	report.groups = json_array();
	if (!report.groups)
		abort();
	if (json_path)
		report.json = standard ? stdout : fopen(json_path, "we");
	return json_path && !report.json ? PF_ERR_IO : PF_OK;
}

void pf_report_table(const char *title, const struct pf_report_column *columns, size_t count)
{
	report.columns = columns;
	report.count = count;
	fprintf(report.out, "\n%s\n  %-28s %-20s", title, "case", "by");
	for (size_t i = 0; i < count; i++) {
		if (columns[i].head)
			fprintf(report.out, " %9s", columns[i].head);
	}
	fputc('\n', report.out);
	report.rows = json_array();
	if (json_array_append_new(
		    report.groups, json_pack("{s:s, s:o}", "title", title, "rows", report.rows)) < 0)
		abort();
}

/* Three digits that mean something, whole numbers as they are. */
static void print_value(double v)
{
	double size = fabs(v);
	if (isnan(v))
		fprintf(report.out, " %9s", "");
	else if (size >= 100 || size == floor(size))
		fprintf(report.out, " %9.0f", v);
	else
		fprintf(report.out, " %9.*f", size >= 10 ? 1 : size >= 1 ? 2 : 3, v);
}

static json_t *row_json(const char *name, const char *kernel, const double *value)
{
	json_t *row = json_pack("{s:s, s:s?}", "name", name, "kernel", kernel), *ratios = json_object();
	int rc = row && ratios ? 0 : -1;
	for (size_t i = 0; rc == 0 && i < report.count; i++) {
		const struct pf_report_column *c = &report.columns[i];
		if (!isnan(value[i]))
			rc = json_object_set_new(c->ratio ? ratios : row, c->key, json_real(value[i]));
	}
	if (rc < 0 || json_object_set_new(row, "ratios", ratios) < 0)
		abort();
	return row;
}

void pf_report_row(const char *name, const char *kernel, const double *value)
{
	fprintf(report.out, "  %-28s %-20s", name, kernel ? kernel : "");
	for (size_t i = 0; i < report.count; i++) {
		if (report.columns[i].head)
			print_value(value[i]);
	}
	fputc('\n', report.out);
	fflush(report.out);
	if (json_array_append_new(report.rows, row_json(name, kernel, value)) < 0)
		abort();
}

void pf_report_note(const char *text)
{
	fprintf(report.out, "  %s\n", text);
}

/* The first line of /proc/cpuinfo that begins with `key`; `text` is empty where there is none. */
static void cpu_line(const char *key, char *text, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t room = 0;
	text[0] = '\0';
	while (f && getline(&line, &room, f) > 0) {
		const char *colon = strchr(line, ':');
		if (!colon || strncmp(line, key, strlen(key)) != 0)
			continue;
		snprintf(text, size, "%s", colon + strspn(colon, ": \t"));
		text[strcspn(text, "\n")] = '\0';
		break;
	}
	free(line);
	if (f)
		fclose(f);
}

/* Flags are "flags" on x86 and "Features" on ARM. */
static json_t *machine_json(void)
{
	char model[128], flags[4096], date[32];
	time_t now = time(NULL);
	struct tm utc;
	cpu_line("model name", model, sizeof(model));
	cpu_line("flags", flags, sizeof(flags));
	if (flags[0] == '\0')
		cpu_line("Features", flags, sizeof(flags));
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "date", date, "version", PF_VERSION, "compiler",
		COMPILER, "cpu", model, "cpu_flags", flags);
}

static int write_json(const json_t *root)
{
	FILE *f = report.json;
	bool written = json_dumpf(root, f, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0;
	written &= fputc('\n', f) != EOF;
	return fclose(f) == 0 && written ? PF_OK : PF_ERR_IO;
}

int pf_report_close(void)
{
	json_t *root = machine_json();
	if (json_object_set_new(root, "groups", report.groups) < 0)
		abort();
	int rc = report.json ? write_json(root) : PF_OK;
	json_decref(root);
	return rc;
}
