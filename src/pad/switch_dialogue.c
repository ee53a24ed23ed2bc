#include "pad/switch_dialogue.h"

#include <string.h>

#include "base/reader.h"

enum {
	SUB_DEVICE_INFO = 0x02,
	SUB_REPORT_MODE = 0x03,
	SUB_HELD_TIMES = 0x04,
	SUB_FLASH_READ = 0x10,
	SUB_FLASH_WRITE = 0x11,
	SUB_FLASH_ERASE = 0x12,
	SUB_SET_PLAYER_LIGHTS = 0x30,
	SUB_GET_PLAYER_LIGHTS = 0x31,
	SUB_HOME_LIGHT = 0x38,
	SUB_MOTION = 0x40,
	SUB_MOTION_RANGES = 0x41,
	SUB_VIBRATION = 0x48,
	SUB_VOLTAGE = 0x50,
};

#define ACK             0x80 /* the low bits say what kind of data follows */
#define NACK            0x00
#define DOES_NOTHING    0x03 /* the data of subcommands without effect */
#define WRITE_PROTECTED 0x01

#define FIRMWARE_MAJOR 0x04
#define FIRMWARE_MINOR 0x21

#define FLASH_READ_MAX 0x1D
#define FLASH_BLANK    0xFF

#define GYRO_RANGE_WIDEST 3 /* 2000 degrees a second, and half of it a step down */
#define ACCEL_RANGE_8G    0

#define EMPTY_UNITS 1320 /* of 2.5 mV: the battery is empty at 3.3 V and full at 4.2 V */
#define FULL_UNITS  1680

/* --- the flash --- */

static uint8_t *factory(struct pf_switch_device *d, unsigned address)
{
	return d->factory + (address - PF_SWITCH_FACTORY_START);
}

/* Two numbers of 12 bits. */
static void put_pair(struct pf_wr *w, unsigned a, unsigned b)
{
	pf_wr_le(w, a | b << 12, 3);
}

/* Programs that show it find letters here. */
static void put_serial(struct pf_switch_device *d)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t *serial = factory(d, 0x6000);
	memset(serial, 0, 16);
	for (size_t i = 0; i < PF_PAD_MAC_BYTES; i++) {
		serial[2 + 2 * i] = digits[d->mac[i] >> 4];
		serial[3 + 2 * i] = digits[d->mac[i] & 15];
	}
}

/* Offset 0 and the scales every controller has: accelerometer, then gyroscope. */
static void put_motion_calibration(struct pf_switch_device *d)
{
	struct pf_wr w = pf_wr_init(factory(d, 0x6020), 24);
	for (int i = 0; i < 12; i++)
		pf_wr_u16(&w, i < 3 || (i >= 6 && i < 9) ? 0 : i < 6 ? 16384 : 13371);
}

/* Left: above the centre, centre, below. Right: centre, below, above. */
static void put_stick_calibration(struct pf_switch_device *d)
{
	const unsigned reach = PF_SWITCH_STICK_REACH, centre = PF_SWITCH_STICK_CENTRE;
	struct pf_wr w = pf_wr_init(factory(d, 0x603D), 18);
	put_pair(&w, reach, reach);
	put_pair(&w, centre, centre);
	put_pair(&w, reach, reach);
	put_pair(&w, centre, centre);
	put_pair(&w, reach, reach);
	put_pair(&w, reach, reach);
}

/* Red, green, blue of the body, the buttons, the left and the right grip. */
static void put_colours(struct pf_switch_device *d)
{
	struct pf_wr w = pf_wr_init(factory(d, 0x6050), 12);
	pf_wr_le(&w, 0x2D2D2D, 3);
	pf_wr_le(&w, 0xE6E6E6, 3);
	pf_wr_le(&w, 0x464646, 3);
	pf_wr_le(&w, 0x464646, 3);
}

/* How the motion sensors lie on a table: level, 1 g. Then for each stick: dead zone, range and what nobody knows. */
static void put_parameters(struct pf_switch_device *d)
{
	struct pf_wr w = pf_wr_init(factory(d, 0x6080), 42);
	pf_wr_u16(&w, 0);
	pf_wr_u16(&w, 0);
	pf_wr_u16(&w, 4096);
	for (int stick = 0; stick < 2; stick++) {
		put_pair(&w, 0x019, 0x4CD);
		put_pair(&w, 0x0AE, 0xE14);
		put_pair(&w, 0x2EE, 0x2EE);
		put_pair(&w, 0x2EE, 0x2EE);
		put_pair(&w, 0xAB4, 0xAB4);
		put_pair(&w, 0x496, 0x496);
	}
}

/* --- motion --- */

static void reset_motion_ranges(struct pf_switch_device *d)
{
	d->gyro_range = GYRO_RANGE_WIDEST;
	d->accel_range = ACCEL_RANGE_8G;
}

/* The sensor's data sheet: 70 millidegrees a count in the widest range, and what the kernel's driver makes of it. */
float pf_switch_gyro_counts(const struct pf_switch_device *d)
{
	return 14.247f * (float)(1 << (GYRO_RANGE_WIDEST - d->gyro_range));
}

float pf_switch_accel_counts(const struct pf_switch_device *d)
{
	static const float counts[] = {4096, 8192, 16384, 2048}; /* 8, 4, 2 and 16 g */
	return counts[d->accel_range];
}

void pf_switch_device_init(struct pf_switch_device *d, const uint8_t mac[PF_PAD_MAC_BYTES])
{
	*d = (struct pf_switch_device){.vibration = true};
	memcpy(d->mac, mac, PF_PAD_MAC_BYTES);
	memset(d->factory, FLASH_BLANK, sizeof(d->factory));
	put_serial(d);
	*factory(d, 0x6012) = PF_SWITCH_TYPE_PRO;
	*factory(d, 0x6013) = 0xA0;
	*factory(d, 0x601B) = 1; /* the colours count */
	put_motion_calibration(d);
	put_stick_calibration(d);
	put_colours(d);
	put_parameters(d);
	reset_motion_ranges(d);
}

/* --- answers --- */

static void acknowledge(struct pf_wr *w, uint8_t kind, uint8_t subcommand)
{
	pf_wr_u8(w, kind);
	pf_wr_u8(w, subcommand);
}

static void answer_device_info(const struct pf_switch_device *d, struct pf_wr *w)
{
	acknowledge(w, ACK | 0x02, SUB_DEVICE_INFO);
	pf_wr_u8(w, FIRMWARE_MAJOR);
	pf_wr_u8(w, FIRMWARE_MINOR);
	pf_wr_u8(w, PF_SWITCH_TYPE_PRO);
	pf_wr_u8(w, 2); /* always */
	pf_wr_bytes(w, d->mac, PF_PAD_MAC_BYTES);
	pf_wr_u8(w, 1); /* always */
	pf_wr_u8(w, 1); /* the colours in the flash count */
}

static uint8_t flash_byte(const struct pf_switch_device *d, uint32_t address)
{
	bool inside = address >= PF_SWITCH_FACTORY_START && address < PF_SWITCH_FACTORY_END;
	return inside ? d->factory[address - PF_SWITCH_FACTORY_START] : FLASH_BLANK;
}

/* False: more than an answer holds. */
static bool answer_flash_read(
	const struct pf_switch_device *d, uint32_t address, uint8_t bytes, struct pf_wr *w)
{
	if (bytes > FLASH_READ_MAX)
		return false;
	acknowledge(w, ACK | 0x10, SUB_FLASH_READ);
	pf_wr_u32(w, address);
	pf_wr_u8(w, bytes);
	for (uint32_t i = 0; i < bytes; i++)
		pf_wr_u8(w, flash_byte(d, address + i));
	return true;
}

/* Off and on again forgets the ranges. */
static void set_motion(struct pf_switch_device *d, bool on)
{
	if (on && !d->motion)
		reset_motion_ranges(d);
	d->motion = on;
}

static bool set_motion_ranges(struct pf_switch_device *d, uint8_t gyro, uint8_t accel)
{
	if (gyro > 3 || accel > 3)
		return false;
	d->gyro_range = gyro;
	d->accel_range = accel;
	return true;
}

static void answer_voltage(const struct pf_switch_device *d, struct pf_wr *w)
{
	unsigned percent = d->battery_percent <= PF_PAD_BATTERY_KNOWN ? d->battery_percent : 100;
	acknowledge(w, ACK | 0x50, SUB_VOLTAGE);
	pf_wr_u16(w, (uint16_t)(EMPTY_UNITS + (FULL_UNITS - EMPTY_UNITS) * percent / 100));
}

/* Subcommands that only ask. False: it is none of them. */
static bool answer_question(const struct pf_switch_device *d, uint8_t subcommand, struct pf_wr *w)
{
	static const uint8_t held_times[14]; /* of the triggers, since power-on: nothing shows them */
	switch (subcommand) {
	case SUB_DEVICE_INFO:
		answer_device_info(d, w);
		return true;
	case SUB_HELD_TIMES:
		acknowledge(w, ACK | 0x03, subcommand);
		pf_wr_bytes(w, held_times, sizeof(held_times));
		return true;
	case SUB_FLASH_WRITE:
	case SUB_FLASH_ERASE:
		acknowledge(w, ACK, subcommand);
		pf_wr_u8(w, WRITE_PROTECTED);
		return true;
	case SUB_GET_PLAYER_LIGHTS:
		acknowledge(w, ACK | 0x30, subcommand);
		pf_wr_u8(w, d->player_lights);
		return true;
	case SUB_VOLTAGE:
		answer_voltage(d, w);
		return true;
	}
	return false;
}

/* What the first byte of its arguments means to a subcommand that wants one. False: it wants none. */
static bool keep(struct pf_switch_device *d, uint8_t subcommand, uint8_t value)
{
	switch (subcommand) {
	case SUB_REPORT_MODE:
		d->mode = value;
		return true;
	case SUB_SET_PLAYER_LIGHTS:
		d->player_lights = value;
		return true;
	case SUB_MOTION:
		set_motion(d, value != 0);
		return true;
	case SUB_VIBRATION:
		d->vibration = value != 0;
		return true;
	case SUB_HOME_LIGHT: /* no client has one */
		return true;
	}
	return false;
}

static void answer_order(struct pf_switch_device *d, uint8_t subcommand, struct pf_rd *r, struct pf_wr *w)
{
	struct pf_switch_device changed = *d;
	bool known = keep(&changed, subcommand, pf_rd_u8(r));
	if (known && !r->failed)
		*d = changed;
	acknowledge(w, known && r->failed ? NACK : ACK, subcommand);
	if (!known)
		pf_wr_u8(w, DOES_NOTHING);
}

void pf_switch_answer(struct pf_switch_device *d, const uint8_t *subcommand, size_t len, struct pf_wr *answer)
{
	struct pf_rd r = pf_rd_init(subcommand, len);
	uint8_t id = pf_rd_u8(&r);
	if (r.failed || answer_question(d, id, answer))
		return;
	if (id == SUB_FLASH_READ) {
		uint32_t address = pf_rd_u32(&r);
		uint8_t bytes = pf_rd_u8(&r);
		if (r.failed || !answer_flash_read(d, address, bytes, answer))
			acknowledge(answer, NACK, id);
	} else if (id == SUB_MOTION_RANGES) {
		uint8_t gyro = pf_rd_u8(&r), accel = pf_rd_u8(&r);
		acknowledge(answer, !r.failed && set_motion_ranges(d, gyro, accel) ? ACK : NACK, id);
	} else {
		answer_order(d, id, &r, answer);
	}
}
