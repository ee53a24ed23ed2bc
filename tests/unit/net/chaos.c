/* Many clients do everything at once over a bad network: whatever happens, each end is told its close once
 * and no memory is left or touched too late (sanitizers look). */
#include <stdlib.h>
#include <string.h>

#include "pair.h"

#define CLIENTS 6
#define STEPS   1500

static unsigned dice(unsigned *seed, unsigned sides)
{
	return (unsigned)rand_r(seed) / 11 % sides;
}

static void write_something(struct end *e, unsigned *seed)
{
	static const uint8_t bytes[20000];
	int64_t id = dice(seed, 2) ? e->stream : 4 * (int64_t)dice(seed, 6) + dice(seed, 2);
	pf_quic_stream_write(e->q, id, bytes, dice(seed, sizeof(bytes)), dice(seed, 20) == 0);
}

static void act(struct end *e, unsigned *seed)
{
	static const uint8_t bytes[1200];
	int64_t id;
	if (!e->q)
		return;
	switch (dice(seed, 12)) {
	case 0:
	case 1:
		if (pf_quic_stream_open(e->q, &id) == PF_OK)
			e->stream = id;
		break;
	case 2:
		pf_quic_stream_cancel(e->q, 4 * (int64_t)dice(seed, 6) + dice(seed, 2), PF_STREAM_CANCELLED);
		break;
	case 3:
		if (dice(seed, 40) == 0)
			pf_quic_close(e->q, PF_CLOSE_QUIT, "chaos");
		break;
	case 4:
	case 5:
	case 6:
		pf_quic_datagram_send(e->q, bytes, dice(seed, sizeof(bytes)));
		break;
	default:
		write_something(e, seed);
		break;
	}
}

/* Acts from inside the callbacks, where most of the traps are. */
static void act_inside(struct end *e)
{
	unsigned seed = e->datagrams * 7919 + (unsigned)e->received_len;
	act(e, &seed);
}

static void arm(struct end *e)
{
	e->on_datagram = act_inside;
	e->received_len = 0;
}

static void run_chaos(struct pair *p, unsigned seed)
{
	static struct end clients[CLIENTS];
	memset(clients, 0, sizeof(clients));
	start_host(p, "127.0.0.1", &(struct pf_quic_limits){.idle_timeout_ms = 2000});
	relay_init(p);
	p->relay.loss_percent = 4;
	p->relay.seed = seed;
	p->params.limits.idle_timeout_ms = 2000;
	for (unsigned i = 0; i < CLIENTS; i++)
		start_client(p, &clients[i]);
	for (unsigned step = 0; step < STEPS; step++) {
		for (unsigned i = 0; i < CLIENTS; i++)
			arm(&clients[i]);
		for (unsigned i = 0; i < p->accepted; i++)
			arm(&p->at_host[i]);
		act(&clients[dice(&seed, CLIENTS)], &seed);
		if (p->accepted > 0)
			act(&p->at_host[dice(&seed, p->accepted)], &seed);
		if (p->relay.flows > 0 && dice(&seed, 50) == 0)
			relay_rebind(p, dice(&seed, p->relay.flows));
		if (dice(&seed, 3) == 0)
			run_for(p, 1);
	}
	unsigned ended = 0;
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (clients[i].q)
			pf_quic_close(clients[i].q, PF_CLOSE_NORMAL, "over");
		p->watched = &clients[i];
		run_until(p, watched_closed);
		ended += clients[i].closed;
		free(clients[i].received);
	}
	assert_int_equal(ended, CLIENTS);
}

static void chaos_one(void **state)
{
	run_chaos(*state, 1);
}

static void chaos_two(void **state)
{
	run_chaos(*state, 20261);
}

static void chaos_three(void **state)
{
	run_chaos(*state, 777);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, pair_set_up, pair_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chaos_one),
		TEST(chaos_two),
		TEST(chaos_three),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
