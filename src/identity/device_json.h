/* One device as an object of the store's file (product 3.2). Private to identity/. */
#pragma once

#include <jansson.h>

#include "identity/devices.h"

struct pf_device_entry {
	struct pf_device device;
	json_t *object; /* as it stands in the file, with what others wrote into it */
};

/* object is borrowed: take a reference to keep the entry. Errors, with a reason: PF_ERR_INVALID. */
int pf_device_entry_read(struct pf_device_entry *out, json_t *object, struct pf_reason *why);
/* A new object: the device over the former object (may be NULL), whose other members stay. NULL without memory. */
json_t *pf_device_entry_write(const struct pf_device *d, const json_t *former);
