#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int shown = PF_LOG_INFO;
static const char *const words[] = {"error", "warn", "info", "debug"};

void pf_log_set_level(enum pf_log_level level)
{
	atomic_store_explicit(&shown, (int)level, memory_order_relaxed);
}

bool pf_log_level_parse(const char *word, enum pf_log_level *out)
{
	for (int i = 0; i < 4; i++) {
		if (strcmp(word, words[i]) == 0) {
			*out = (enum pf_log_level)i;
			return true;
		}
	}
	return false;
}

/* Terminals act on control bytes, and part of a line may come from a peer. */
static void scrub(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	}
}

void pf_log(enum pf_log_level level, const char *module, const char *fmt, ...)
{
	if ((int)level > atomic_load_explicit(&shown, memory_order_relaxed))
		return;

	char line[1024];
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	int head = snprintf(line, sizeof(line), "%02d:%02d:%02d.%03ld %-5s %s: ", tm.tm_hour, tm.tm_min,
		tm.tm_sec, now.tv_nsec / 1000000, words[level], module);
	size_t len = head > 0 && (size_t)head < sizeof(line) ? (size_t)head : 0;

	va_list args;
	va_start(args, fmt);
	int body = vsnprintf(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	if (body > 0) {
		size_t room = sizeof(line) - len - 1;
		size_t got = (size_t)body < room ? (size_t)body : room;
		scrub(line + len, got);
		len += got;
	}
	line[len < sizeof(line) ? len : sizeof(line) - 1] = '\n';
	/* Nothing can be done about a closed stderr. */
	ssize_t ignored = write(STDERR_FILENO, line, len + 1 < sizeof(line) ? len + 1 : sizeof(line));
	(void)ignored;
}

unsigned pf_log_allow(struct pf_log_limit *limit, long long now_ns, long long interval_ns)
{
	if (now_ns < limit->next_ns) {
		limit->held++;
		return 0;
	}
	unsigned n = limit->held + 1;
	limit->held = 0;
	limit->next_ns = now_ns + interval_ns;
	return n;
}
