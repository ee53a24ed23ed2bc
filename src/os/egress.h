/* What stands between a socket and the wire. Thread-safety: safe. */
#pragma once

/*
 * Whether what a connected IP socket sends queues in a discipline of this kind ("fq", "tbf", ...): at its device's
 * root, or below a root with a queue per processor. Asks the kernel: for set-up, not per packet.
 * Returns 1 or 0; PF_ERR_IO (errno) when it cannot be found out.
 */
int pf_egress_has_qdisc(int fd, const char *kind);
