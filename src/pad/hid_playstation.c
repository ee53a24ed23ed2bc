#include "pad/hid_playstation.h"

#include <stdlib.h>
#include <string.h>

/*
 * A real controller reports every 4 ms. Here a change leaves at once, and this long after it the same again: SDL takes
 * a controller for a lesser one (Bluetooth without motion) when it says nothing in the first 16 ms after it was opened,
 * a report is lost that comes while the driver sets itself up, and seconds of silence pass for an unplugged cable. Some
 * 80 small writes a second are nothing beside a stream, and there is no controller without one.
 */
#define HEARTBEAT_NS INT64_C(12000000)

/* What the calibration says of the numbers in the reports. Sony's devices differ from these by a few percent, so that
 * programs that do not read it see nearly the right thing. */
#define GYRO_UNITS  16 /* per degree and second */
#define GYRO_SPEED  540
#define ACCEL_UNITS 8192 /* per g */

#define HAT_NONE      8
#define NOT_TOUCHING  0x80
#define CONTACT_ID(n) ((n)&0x7F)

/* --- when reports leave --- */

static void send_report(struct pf_ps *s, int64_t now_ns)
{
	uint8_t report[PF_PS_INPUT_BYTES];
	memcpy(report, s->composed, sizeof(report));
	s->family->stamp(s, report, now_ns);
	s->sent++;
	s->due_ns = now_ns + HEARTBEAT_NS;
	s->port->input(s->port->user, report, sizeof(report));
}

static void compose(struct pf_ps *s, uint8_t out[PF_PS_INPUT_BYTES], const struct pf_pad_report *r)
{
	struct pf_wr w = pf_wr_init(out, PF_PS_INPUT_BYTES);
	memset(out, 0, PF_PS_INPUT_BYTES);
	s->family->compose(s, &w, r);
}

void *pf_ps_create(const struct pf_ps_family *family, const uint8_t mac[PF_PAD_MAC_BYTES],
	const struct pf_hid_port *port)
{
	struct pf_ps *s = calloc(1, sizeof(*s));
	struct pf_pad_report rest = pf_pad_at_rest();
	if (!s)
		return NULL;
	s->family = family;
	s->port = port;
	memcpy(s->mac, mac, sizeof(s->mac));
	compose(s, s->composed, &rest);
	return s;
}

void pf_ps_destroy(void *state)
{
	free(state);
}

void pf_ps_report(void *state, const struct pf_pad_report *r, int64_t now_ns)
{
	struct pf_ps *s = state;
	uint8_t next[PF_PS_INPUT_BYTES];
	compose(s, next, r);
	if (!memcmp(next, s->composed, sizeof(next)))
		return;
	memcpy(s->composed, next, sizeof(next));
	send_report(s, now_ns);
}

int64_t pf_ps_tick(void *state, int64_t now_ns)
{
	struct pf_ps *s = state;
	if (now_ns >= s->due_ns)
		send_report(s, now_ns);
	return s->due_ns;
}

/* --- fields of input reports --- */

static uint8_t stick(int towards_max)
{
	int v = towards_max > INT16_MAX ? INT16_MAX : towards_max;
	return (uint8_t)((v - INT16_MIN) >> 8);
}

/* Down is positive there. */
void pf_ps_write_sticks(struct pf_wr *w, const struct pf_pad_report *r)
{
	pf_wr_u8(w, stick(r->lx));
	pf_wr_u8(w, stick(-r->ly));
	pf_wr_u8(w, stick(r->rx));
	pf_wr_u8(w, stick(-r->ry));
}

/* Eight directions clockwise from north; opposite ones undo each other. */
static uint8_t hat(uint32_t buttons)
{
	static const uint8_t directions[3][3] = {{7, 0, 1}, {6, HAT_NONE, 2}, {5, 4, 3}};
	int x = 1 + !!(buttons & PF_PAD_RIGHT) - !!(buttons & PF_PAD_LEFT);
	int y = 1 + !!(buttons & PF_PAD_DOWN) - !!(buttons & PF_PAD_UP);
	return directions[y][x];
}

void pf_ps_write_buttons(struct pf_wr *w, const struct pf_pad_report *r)
{
	/* By bit, from bit 4 of the first byte; the triggers' own two bits are not among the buttons. */
	static const uint32_t order[] = {PF_PAD_X, PF_PAD_A, PF_PAD_B, PF_PAD_Y, PF_PAD_LEFT_SHOULDER,
		PF_PAD_RIGHT_SHOULDER, 0, 0, PF_PAD_BACK, PF_PAD_START, PF_PAD_LEFT_STICK,
		PF_PAD_RIGHT_STICK};
	unsigned bits = hat(r->buttons);
	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (r->buttons & order[i])
			bits |= 0x10u << i;
	}
	bits |= r->lt ? 0x0400u : 0;
	bits |= r->rt ? 0x0800u : 0;
	pf_wr_u16(w, (uint16_t)bits);
}

static uint16_t scaled(int v, int to, int from)
{
	int half = v < 0 ? -from / 2 : from / 2;
	return (uint16_t)((v * to + half) / from);
}

void pf_ps_write_motion(struct pf_wr *w, const struct pf_pad_report *r)
{
	for (int i = 0; i < 3; i++)
		pf_wr_u16(w, scaled(r->gyro[i], GYRO_UNITS, PF_PAD_GYRO_UNITS));
	for (int i = 0; i < 3; i++)
		pf_wr_u16(w, scaled(r->accel[i], ACCEL_UNITS, PF_PAD_ACCEL_UNITS));
}

/* A finger that was lifted stays where it was, marked as away. */
static void follow_contact(struct pf_ps *s, unsigned i, const struct pf_pad_report *r)
{
	if (r->touch[i].down) {
		if (!s->contacts[i].down)
			s->contacts[i].id = CONTACT_ID(s->next_contact++);
		s->contacts[i].x = (uint16_t)((uint32_t)r->touch[i].x * s->family->touch_width >> 16);
		s->contacts[i].y = (uint16_t)((uint32_t)r->touch[i].y * s->family->touch_height >> 16);
	}
	s->contacts[i].down = r->touch[i].down;
}

void pf_ps_write_contacts(struct pf_wr *w, struct pf_ps *s, const struct pf_pad_report *r)
{
	for (unsigned i = 0; i < PF_PAD_CONTACTS; i++) {
		follow_contact(s, i, r);
		uint32_t x = s->contacts[i].x, y = s->contacts[i].y;
		pf_wr_u8(w, s->contacts[i].id | (s->contacts[i].down ? 0 : NOT_TOUCHING));
		pf_wr_le(w, x | y << 12, 3);
	}
}

uint8_t pf_ps_power(const struct pf_pad_report *r, uint8_t charging, uint8_t full)
{
	uint8_t tenths = r->battery_percent > PF_PAD_BATTERY_KNOWN ? 10 : r->battery_percent / 10;
	switch (r->power) {
	case PF_PAD_DISCHARGING:
		return tenths;
	case PF_PAD_CHARGING:
		return charging | tenths;
	case PF_PAD_POWER_UNKNOWN:
	case PF_PAD_FULL:
		break;
	}
	return full;
}

/* --- fields of feature reports --- */

/* Readings at rest, at a known speed in both directions of each axis, and at 1 g in both. */
void pf_ps_write_calibration(struct pf_wr *w)
{
	for (int axis = 0; axis < 3; axis++)
		pf_wr_u16(w, 0);
	for (int axis = 0; axis < 3; axis++) {
		pf_wr_u16(w, GYRO_SPEED * GYRO_UNITS);
		pf_wr_u16(w, (uint16_t)(-GYRO_SPEED * GYRO_UNITS));
	}
	pf_wr_u16(w, GYRO_SPEED);
	pf_wr_u16(w, GYRO_SPEED);
	for (int axis = 0; axis < 3; axis++) {
		pf_wr_u16(w, ACCEL_UNITS);
		pf_wr_u16(w, (uint16_t)-ACCEL_UNITS);
	}
}

/* The last byte of the address comes first. */
void pf_ps_write_mac(struct pf_wr *w, const struct pf_ps *s)
{
	for (int i = PF_PAD_MAC_BYTES - 1; i >= 0; i--)
		pf_wr_u8(w, s->mac[i]);
}

/* --- feedback --- */

/* The left motor is the heavy one. */
void pf_ps_rumble(const struct pf_ps *s, uint8_t left, uint8_t right)
{
	struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE};
	f.rumble.low = (uint16_t)(left * 257);
	f.rumble.high = (uint16_t)(right * 257);
	s->port->feedback(s->port->user, &f);
}

void pf_ps_led(const struct pf_ps *s, const uint8_t rgb[3])
{
	struct pf_pad_feedback f = {.kind = PF_PAD_LED, .led = {rgb[0], rgb[1], rgb[2]}};
	s->port->feedback(s->port->user, &f);
}
