/*
 * Counts what a thread calls that costs memory, may wait for another thread, or writes a line. The calls are caught
 * in this program (quiet_hooks.c), those of shared libraries too. Thread-safety: each thread counts for itself.
 */
#pragma once

enum quiet_kind {
	QUIET_ALLOCATIONS,
	QUIET_FREES,
	QUIET_MAPPINGS,
	QUIET_LOCKS,
	QUIET_CONDITIONS,
	QUIET_WRITES, /* write(2): log lines are written so */
	QUIET_KINDS
};

#define QUIET_DEPTH 24

struct quiet_calls {
	unsigned long count[QUIET_KINDS];
	long page_faults; /* minor ones */
	/* Who made the first of them. */
	enum quiet_kind first_kind;
	void *first[QUIET_DEPTH];
	int first_depth;
};

/* The calling thread counts from here ... */
void quiet_calls_begin(void);
/* ... to here. Both ask getrusage(), which nothing else does: in a trace they stand for these two moments. */
void quiet_calls_end(struct quiet_calls *out);

/* From the hooks: the calling thread has made such a call. */
void quiet_calls_note(enum quiet_kind kind);

/* Prints what was counted as TAP comments, and the addresses of the first call. */
void quiet_calls_print(const char *who, const struct quiet_calls *calls);
