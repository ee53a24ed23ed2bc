/*
 * The demo client for tests that drop root: the build may lie where the service user cannot read, so it is
 * opened before and copied after.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Opens the built program once; the descriptor survives starting this program again. False with a line on
 * stderr when it is missing. */
bool motion_keep(void);
/* Copies it to <directory>/.motion and writes that path to out. */
bool motion_copy(char *out, size_t cap, const char *directory);
