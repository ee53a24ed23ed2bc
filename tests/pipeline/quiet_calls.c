#include "quiet_calls.h"

#include <execinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static _Thread_local struct {
	bool counting;
	struct quiet_calls calls;
} self;

static const char *const names[QUIET_KINDS] = {
	"allocations", "frees", "mappings", "locks", "conditions", "writes"};

static long page_faults(void)
{
	struct rusage used;
	getrusage(RUSAGE_THREAD, &used);
	return used.ru_minflt;
}

void quiet_calls_begin(void)
{
	void *frame[QUIET_DEPTH];
	backtrace(frame, QUIET_DEPTH); /* the first one loads a library */
	self.calls = (struct quiet_calls){.page_faults = -page_faults()};
	self.counting = true;
}

void quiet_calls_end(struct quiet_calls *out)
{
	self.counting = false;
	self.calls.page_faults += page_faults();
	*out = self.calls;
}

void quiet_calls_note(enum quiet_kind kind)
{
	if (!self.counting)
		return;
	self.calls.count[kind]++;
	if (self.calls.first_depth > 0)
		return;
	self.counting = false;
	self.calls.first_kind = kind;
	self.calls.first_depth = backtrace(self.calls.first, QUIET_DEPTH);
	self.counting = true;
}

void quiet_calls_print(const char *who, const struct quiet_calls *calls)
{
	printf("# %s:", who);
	for (int kind = 0; kind < QUIET_KINDS; kind++)
		printf(" %lu %s,", calls->count[kind], names[kind]);
	printf(" %ld page faults\n", calls->page_faults);
	fflush(stdout);
	if (calls->first_depth == 0)
		return;
	fprintf(stderr, "the first of the %s of %s, for addr2line:\n", names[calls->first_kind], who);
	backtrace_symbols_fd(calls->first, calls->first_depth, STDERR_FILENO);
}
