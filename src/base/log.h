/*
 * Log lines to stderr, one write(2) each, so lines of several threads never mix. Levels are defined by
 * consequence: error = a function the user asked for is lost; warn = the user would want to know; info =
 * what a session does; debug = for developers. A line says what failed, for which object, why, and what
 * happens next. No secrets. Never called per packet or per frame.
 */
#pragma once

#include <stdbool.h>

enum pf_log_level { PF_LOG_ERROR, PF_LOG_WARN, PF_LOG_INFO, PF_LOG_DEBUG };

/* What is printed from now on; the default is PF_LOG_INFO. Thread-safety: safe. */
void pf_log_set_level(enum pf_log_level level);
/* "error", "warn", "info" or "debug"; false for any other word. */
bool pf_log_level_parse(const char *word, enum pf_log_level *out);

/* Thread-safety: safe. Cuts lines at 1024 bytes; control characters become '?'. */
__attribute__((format(printf, 3, 4))) void pf_log(
	enum pf_log_level level, const char *module, const char *fmt, ...);

#define pf_error_log(module, ...) pf_log(PF_LOG_ERROR, module, __VA_ARGS__)
#define pf_warn(module, ...)      pf_log(PF_LOG_WARN, module, __VA_ARGS__)
#define pf_info(module, ...)      pf_log(PF_LOG_INFO, module, __VA_ARGS__)
#define pf_debug(module, ...)     pf_log(PF_LOG_DEBUG, module, __VA_ARGS__)

/* Holds back repeats of one message: returns how many lines to report as held back plus one when a line may
 * be printed now, else 0. One struct per place, zero-initialised, used by one thread. */
struct pf_log_limit {
	long long next_ns;
	unsigned held;
};
unsigned pf_log_allow(struct pf_log_limit *limit, long long now_ns, long long interval_ns);
