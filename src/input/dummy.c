#include <stdlib.h>

#include "input/input.h"

static struct pf_input_dummy *from_base(struct pf_input *in)
{
	return (struct pf_input_dummy *)in;
}

static void key(struct pf_input *in, unsigned code, bool down)
{
	struct pf_input_dummy *d = from_base(in);
	d->keys++;
	d->last_key = code;
	d->last_down = down;
}

static void move(struct pf_input *in, int dx, int dy)
{
	struct pf_input_dummy *d = from_base(in);
	d->moves++;
	d->last_x = dx;
	d->last_y = dy;
}

static void place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	struct pf_input_dummy *d = from_base(in);
	d->places++;
	d->last_x = (int)x;
	d->last_y = (int)y;
}

static void button(struct pf_input *in, enum pf_button b, bool down)
{
	struct pf_input_dummy *d = from_base(in);
	d->buttons++;
	d->last_key = b;
	d->last_down = down;
}

static void wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	struct pf_input_dummy *d = from_base(in);
	d->scrolls++;
	d->last_x = amount;
}

static void finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	wheel(in, axis, amount);
}

static void text(struct pf_input *in, uint32_t scalar)
{
	struct pf_input_dummy *d = from_base(in);
	d->texts++;
	d->last_scalar = scalar;
}

static void touch(struct pf_input *in, const struct pf_touch *t)
{
	struct pf_input_dummy *d = from_base(in);
	d->touches++;
	d->last_touch = *t;
}

static void pen(struct pf_input *in, const struct pf_pen *p)
{
	struct pf_input_dummy *d = from_base(in);
	d->pens++;
	d->last_pen = *p;
}

static int flush(struct pf_input *in)
{
	return PF_OK;
}

static void destroy(struct pf_input *in)
{
	free(in);
}

static const struct pf_input_impl dummy_impl = {
	.name = "dummy",
	.key = key,
	.move = move,
	.place = place,
	.button = button,
	.wheel = wheel,
	.finger_scroll = finger_scroll,
	.text = text,
	.touch = touch,
	.pen = pen,
	.flush = flush,
	.destroy = destroy,
};

void pf_input_dummy_init(struct pf_input_dummy *d)
{
	*d = (struct pf_input_dummy){
		.base = {&dummy_impl, PF_INPUT_TAKES_TEXT | PF_INPUT_TAKES_TOUCH | PF_INPUT_TAKES_PEN}};
}

int pf_input_dummy_create(struct pf_input **out)
{
	struct pf_input_dummy *d = calloc(1, sizeof(*d));
	if (!d)
		return PF_ERR_NOMEM;
	pf_input_dummy_init(d);
	*out = &d->base;
	return PF_OK;
}
