/* The sender's thread at real rates, to a client on loopback: tables of bench/transport.c. */
#pragma once

/* What it takes of a core, and what the client's thread takes. */
void pf_bench_paced(void);
/* How long a unit takes from submit to its last packet, and how much of that the pacing wants. */
void pf_bench_latency(void);
