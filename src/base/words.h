/* Lists of words in one text, each followed by a blank ("name preset "), as tables hold them. Thread-safety: safe. */
#pragma once

#include <stdbool.h>
#include <string.h>

static inline bool pf_words_have(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = list; *at; at += strcspn(at, " ") + 1) {
		if (strcspn(at, " ") == len && strncmp(at, word, len) == 0)
			return true;
	}
	return false;
}
