/* What this machine says of itself when it announces or looks for hosts. Thread-safety: safe. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define PF_MACHINE_ADDRESSES 32

/* The host's id, made once and kept in the file host-id. Errors, with a reason: PF_ERR_IO, PF_ERR_INVALID. */
int pf_machine_id(char out[65], const char *config_dir, struct pf_reason *reason);
/* "linux/debian" of a file such as /etc/os-release; "linux" when it tells nothing. */
void pf_machine_os(char *out, size_t cap, const char *os_release);
/* An interface that leads to containers or virtual machines of this machine only. */
bool pf_machine_is_virtual(const char *interface);
/* IPv4 addresses of interfaces that are up and lead elsewhere; how many. */
size_t pf_machine_addresses(struct in_addr *out, size_t cap);
/* The one that packets to elsewhere leave from, else the first, else 0. */
struct in_addr pf_machine_address(void);
/* Hardware addresses, that of the interface with `first` in front, separated by commas. */
void pf_machine_macs(char *out, size_t cap, struct in_addr first);
/* The interface that has the address; 0 = none. */
unsigned pf_machine_interface(struct in_addr address);
