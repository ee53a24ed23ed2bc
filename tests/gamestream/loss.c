#include "loss.h"

void gsc_loss_init(struct gsc_loss *l, double rate, int burst, uint32_t seed)
{
	*l = (struct gsc_loss){
		.rate = rate, .burst = burst, .state = seed * 0x9e3779b97f4a7c15u + 0x1234567u};
}

static double next_random(struct gsc_loss *l)
{
	uint64_t z = l->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

bool gsc_loss_next(struct gsc_loss *l)
{
	if (l->left) {
		l->left--;
		return true;
	}
	if (l->rate <= 0)
		return false;
	/* With runs of n started with probability q, n / (n + (1 - q) / q) of all is lost. */
	double q = 1 / (1 + l->burst * (1 - l->rate) / l->rate);
	if (next_random(l) >= q)
		return false;
	l->left = l->burst - 1;
	return true;
}
