/*
 * One virtual controller without a client, for developers (product 1.1): its sticks circle and its buttons are pressed in
 * turn, and what games and drivers say to it is printed.
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "os/clock.h"
#include "pad/pad.h"

#define SECOND_NS   INT64_C(1000000000)
#define REPORT_NS   (SECOND_NS / 250)
#define BUTTON_NS   (SECOND_NS / 2)
#define CIRCLE_NS   (2 * SECOND_NS)
#define TWO_PI      6.28318530717958647692
#define TURN_DEG_S  90
#define SECONDS_MAX 86400

static int64_t began_ns;

/* Drivers repeat themselves. */
static bool is_old_rumble(const struct pf_pad_feedback *f)
{
	static uint16_t last[4];
	const uint16_t now[4] = {
		f->rumble.low, f->rumble.high, f->rumble.left_trigger, f->rumble.right_trigger};
	bool old = memcmp(last, now, sizeof(now)) == 0;
	memcpy(last, now, sizeof(now));
	return old;
}

static void print_feedback(void *user, const struct pf_pad_feedback *f)
{
	if (f->kind == PF_PAD_RUMBLE && is_old_rumble(f))
		return;
	printf("%7.3f s  ", (double)(pf_now_ns() - began_ns) / SECOND_NS);
	switch (f->kind) {
	case PF_PAD_RUMBLE:
		printf("rumble: low %u, high %u, left trigger %u, right trigger %u\n", f->rumble.low,
			f->rumble.high, f->rumble.left_trigger, f->rumble.right_trigger);
		break;
	case PF_PAD_LED:
		printf("light bar: #%02x%02x%02x\n", f->led.red, f->led.green, f->led.blue);
		break;
	case PF_PAD_PLAYER_LEDS:
		printf("player LEDs: %02x\n", f->player_leds);
		break;
	case PF_PAD_TRIGGER:
		printf("%s trigger:", f->trigger.right ? "right" : "left");
		for (size_t i = 0; i < sizeof(f->trigger.effect); i++)
			printf(" %02x", f->trigger.effect[i]);
		printf("\n");
		break;
	case PF_PAD_MIC_LED:
		printf("microphone LED: %u\n", f->mic_led);
		break;
	}
	fflush(stdout);
}

/* Sticks in a circle, a finger along the touch pad, a slow turn, and one button after the other. */
static struct pf_pad_report play(int64_t at_ns)
{
	struct pf_pad_report r = pf_pad_at_rest();
	double turn = TWO_PI * (double)(at_ns % CIRCLE_NS) / CIRCLE_NS;
	unsigned button = (unsigned)(at_ns / BUTTON_NS) % 24;
	r.buttons = (1u << button) & PF_PAD_BUTTONS;
	r.lx = r.rx = (int16_t)lround(32767 * cos(turn));
	r.ly = r.ry = (int16_t)lround(32767 * sin(turn));
	r.lt = r.rt = (uint8_t)(at_ns / REPORT_NS % 256);
	r.touch[0].down = true;
	r.touch[0].x = (uint16_t)(at_ns % CIRCLE_NS * 65535 / CIRCLE_NS);
	r.touch[0].y = 32768;
	r.gyro[1] = TURN_DEG_S * PF_PAD_GYRO_UNITS;
	return r;
}

static int run(struct pf_pad *pad, int64_t seconds)
{
	struct pollfd p = {.fd = pad->impl->fd(pad), .events = POLLIN};
	int64_t now_ns = began_ns, next_ns = began_ns, end_ns = began_ns + seconds * SECOND_NS;
	int rc = PF_OK;
	for (; rc == PF_OK && now_ns < end_ns; now_ns = pf_now_ns()) {
		if (now_ns >= next_ns) {
			const struct pf_pad_report r = play(now_ns - began_ns);
			pad->impl->report(pad, &r, now_ns);
			next_ns += REPORT_NS;
		}
		pad->impl->tick(pad, now_ns);
		if (poll(&p, 1, 1) > 0)
			rc = pad->impl->take(pad, pf_now_ns());
	}
	return rc;
}

static int test(enum pf_gamepad kind, int argc, char **argv)
{
	long seconds = 30;
	const struct pf_option options[] = {
		{"seconds", NULL, PF_OPTION_NUMBER, &seconds, 1, SECONDS_MAX, .argument = "N",
			.help = "how long the controller exists (30)"},
	};
	enum pf_options_verdict verdict = pf_options_parse(options, 1, argc, argv,
		"Plugs in one virtual controller that plays by itself, and prints what games say to it.");
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	struct pf_reason reason = {0};
	struct pf_pad *pad = NULL;
	const struct pf_pad_params params = {.kind = kind,
		.mac = {0x02, 0x70, 0x66, 0x74, 0x73, (uint8_t)kind},
		.on_feedback = print_feedback};
	began_ns = pf_now_ns();
	int rc = pf_pad_backend(kind)->create(&pad, &params, &reason);
	if (rc == PF_OK) {
		rc = run(pad, seconds);
		close(pad->impl->release(pad));
	}
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", argv[0], reason.text[0] ? reason.text : pf_strerror(rc));
	return rc == PF_OK ? 0 : 1;
}

int pf_cli_dualsense_test(int argc, char **argv)
{
	return test(PF_GAMEPAD_DUALSENSE, argc, argv);
}

int pf_cli_switchpro_test(int argc, char **argv)
{
	return test(PF_GAMEPAD_SWITCH_PRO, argc, argv);
}
