/* The built-in input tests, as scripts. Pure. */
#pragma once

#include "probe/options.h"

/* Of --input-test, --touch-test and --rich-input-test, one after the other; malloc. NULL without memory. */
char *pf_probe_test_script(const struct pf_probe_options *options);
