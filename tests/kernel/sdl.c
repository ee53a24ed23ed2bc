/*
 * What games that use SDL make of our controllers: which one it is, and that each control is where it belongs. A kind is
 * a row of the table. A thread of its own keeps the controller answering, as the net loop does.
 */
#include <SDL2/SDL.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "pad/pad.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MS       INT64_C(1000000)
#define WAIT_MS  2000
#define PADDLES  4

struct kind {
	enum pf_gamepad kind;
	const char *
		guid; /* bus, -, vendor, product, version; 16 bits each, little-endian, the last three with 16 bits of 0 */
	SDL_GameControllerType type;
	bool paddles; /* the last buttons; their names depend on SDL's version */
};
static const struct kind kinds[] = {
	{PF_GAMEPAD_XBOX_360, "030000005e0400008e02000010010000", SDL_CONTROLLER_TYPE_XBOX360, false},
	{PF_GAMEPAD_XBOX_ONE, "030000005e040000ea02000008040000", SDL_CONTROLLER_TYPE_XBOXONE, false},
	{PF_GAMEPAD_XBOX_ELITE, "030000005e040000000b000008040000", SDL_CONTROLLER_TYPE_XBOXONE, true},
	{PF_GAMEPAD_DUALSENSE, "030000004c050000e60c000011810000", SDL_CONTROLLER_TYPE_PS5, false},
	{PF_GAMEPAD_DUALSHOCK_4, "030000004c050000cc09000011810000", SDL_CONTROLLER_TYPE_PS4, false},
};

static struct {
	const struct pf_pad_impl *impl;
	struct pf_pad *pad;
	pthread_mutex_t lock; /* the controller belongs to one thread at a time */
	pthread_t thread;
	atomic_bool stop;
	_Atomic uint32_t rumble; /* low << 16 | high, the strongest so far */
	SDL_GameController *game;
} t = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_feedback(void *user, const struct pf_pad_feedback *f)
{
	if (f->kind == PF_PAD_RUMBLE && (f->rumble.low || f->rumble.high))
		atomic_store(&t.rumble, (uint32_t)f->rumble.low << 16 | f->rumble.high);
}

static void *serve(void *arg)
{
	while (!atomic_load(&t.stop)) {
		pthread_mutex_lock(&t.lock);
		t.impl->take(t.pad, pf_now_ns());
		t.impl->tick(t.pad, pf_now_ns());
		pthread_mutex_unlock(&t.lock);
		pf_sleep_until_ns(pf_now_ns() + MS);
	}
	return NULL;
}

static void send_report(const struct pf_pad_report *r)
{
	pthread_mutex_lock(&t.lock);
	t.impl->report(t.pad, r, pf_now_ns());
	pthread_mutex_unlock(&t.lock);
}

static bool wait_for_joysticks(int count)
{
	for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms++) {
		SDL_PumpEvents();
		SDL_JoystickUpdate();
		if (SDL_NumJoysticks() == count)
			return true;
		pf_sleep_until_ns(pf_now_ns() + MS);
	}
	return false;
}

static struct pf_pad *make(const struct pf_pad_impl *impl, enum pf_gamepad kind, unsigned slot)
{
	struct pf_reason reason = {0};
	struct pf_pad *pad = NULL;
	const struct pf_pad_params params = {.kind = kind,
		.slot = slot,
		.mac = {2, 0, 0, 0, (uint8_t)slot, (uint8_t)kind},
		.on_feedback = on_feedback};
	if (impl->create(&pad, &params, &reason) < 0)
		fail_msg("%s", reason.text);
	return pad;
}

static void plug(const struct kind *k)
{
	const struct pf_pad_report rest = pf_pad_at_rest();
	t.impl = pf_pad_backend(k->kind);
	assert_non_null(t.impl);
	t.pad = make(t.impl, k->kind, 0);
	atomic_store(&t.stop, false);
	atomic_store(&t.rumble, 0);
	assert_int_equal(pthread_create(&t.thread, NULL, serve, NULL), 0);
	send_report(&rest);
	assert_true(wait_for_joysticks(1));
	t.game = SDL_GameControllerOpen(0);
	assert_non_null(t.game);
}

static void unplug(void)
{
	SDL_GameControllerClose(t.game);
	atomic_store(&t.stop, true);
	pthread_join(t.thread, NULL);
	close(t.impl->release(t.pad));
	t.pad = NULL;
	assert_true(wait_for_joysticks(0));
}

/* After a failure. */
static int tidy(void **state)
{
	if (t.pad)
		unplug();
	return 0;
}

/* --- which one it is --- */

static void each_kind_is_known(void **state)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char guid[33];
		plug(&kinds[i]);
		SDL_JoystickGetGUIDString(SDL_JoystickGetDeviceGUID(0), guid, sizeof(guid));
		/* Newer versions put a checksum of the name there. */
		memcpy(guid + 4, "0000", 4);
		assert_string_equal(guid, kinds[i].guid);
		assert_true(SDL_IsGameController(0));
		assert_int_equal(SDL_GameControllerGetType(t.game), kinds[i].type);
		assert_true(SDL_GameControllerHasRumble(t.game));
		unplug();
	}
}

static void as_many_as_the_host_has(void **state)
{
	struct pf_pad *pads[PF_PAD_SLOTS];
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++)
		pads[i] = make(&pf_pad_uinput, PF_GAMEPAD_XBOX_360, i);
	assert_true(wait_for_joysticks(PF_PAD_SLOTS));
	for (int i = 0; i < PF_PAD_SLOTS; i++)
		assert_true(SDL_IsGameController(i));
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++)
		close(pf_pad_uinput.release(pads[i]));
	assert_true(wait_for_joysticks(0));
}

/* --- where the controls are --- */

static const struct {
	uint32_t bit;
	SDL_GameControllerButton button;
} buttons[] = {
	{PF_PAD_A, SDL_CONTROLLER_BUTTON_A},
	{PF_PAD_B, SDL_CONTROLLER_BUTTON_B},
	{PF_PAD_X, SDL_CONTROLLER_BUTTON_X},
	{PF_PAD_Y, SDL_CONTROLLER_BUTTON_Y},
	{PF_PAD_UP, SDL_CONTROLLER_BUTTON_DPAD_UP},
	{PF_PAD_DOWN, SDL_CONTROLLER_BUTTON_DPAD_DOWN},
	{PF_PAD_LEFT, SDL_CONTROLLER_BUTTON_DPAD_LEFT},
	{PF_PAD_RIGHT, SDL_CONTROLLER_BUTTON_DPAD_RIGHT},
	{PF_PAD_START, SDL_CONTROLLER_BUTTON_START},
	{PF_PAD_BACK, SDL_CONTROLLER_BUTTON_BACK},
	{PF_PAD_GUIDE, SDL_CONTROLLER_BUTTON_GUIDE},
	{PF_PAD_LEFT_STICK, SDL_CONTROLLER_BUTTON_LEFTSTICK},
	{PF_PAD_RIGHT_STICK, SDL_CONTROLLER_BUTTON_RIGHTSTICK},
	{PF_PAD_LEFT_SHOULDER, SDL_CONTROLLER_BUTTON_LEFTSHOULDER},
	{PF_PAD_RIGHT_SHOULDER, SDL_CONTROLLER_BUTTON_RIGHTSHOULDER},
};

/* Bits 1 << SDL_GameControllerButton. */
static uint32_t pressed(void)
{
	uint32_t bits = 0;
	SDL_GameControllerUpdate();
	for (int b = 0; b < SDL_CONTROLLER_BUTTON_MAX; b++)
		bits |= (uint32_t)SDL_GameControllerGetButton(t.game, (SDL_GameControllerButton)b) << b;
	return bits;
}

static void expect_pressed(uint32_t bits, const char *what)
{
	for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms++) {
		if (pressed() == bits)
			return;
		pf_sleep_until_ns(pf_now_ns() + MS);
	}
	fail_msg("%s: %#x instead of %#x; %s", what, pressed(), bits, SDL_GameControllerMapping(t.game));
}

static void each_button_is_in_its_place(void **state)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		plug(&kinds[k]);
		for (size_t i = 0; i < COUNT(buttons); i++) {
			struct pf_pad_report r = pf_pad_at_rest();
			r.buttons = buttons[i].bit;
			send_report(&r);
			expect_pressed(1u << buttons[i].button,
				SDL_GameControllerGetStringForButton(buttons[i].button));
			r.buttons = 0;
			send_report(&r);
			expect_pressed(0, "nothing");
		}
		unplug();
	}
}

/* Bits 1 << paddle. Newer versions know names for them too. */
static uint32_t paddles_pressed(void)
{
	SDL_Joystick *joystick = SDL_GameControllerGetJoystick(t.game);
	int first = SDL_JoystickNumButtons(joystick) - PADDLES;
	uint32_t bits = 0;
	SDL_GameControllerUpdate();
	for (int i = 0; i < PADDLES; i++)
		bits |= (uint32_t)SDL_JoystickGetButton(joystick, first + i) << i;
	return bits;
}

static void expect_paddles(uint32_t bits)
{
	for (int waited_ms = 0; waited_ms < WAIT_MS && paddles_pressed() != bits; waited_ms++)
		pf_sleep_until_ns(pf_now_ns() + MS);
	assert_int_equal(paddles_pressed(), bits);
}

static void paddles_come_behind_the_others(void **state)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		if (!kinds[k].paddles)
			continue;
		plug(&kinds[k]);
		for (unsigned i = 0; i < PADDLES; i++) {
			struct pf_pad_report r = pf_pad_at_rest();
			r.buttons = (uint32_t)PF_PAD_PADDLE_1 << i;
			send_report(&r);
			expect_paddles(1u << i);
			r.buttons = 0;
			send_report(&r);
			expect_paddles(0);
		}
		unplug();
	}
}

static void expect_axis(SDL_GameControllerAxis axis, int from, int to)
{
	int value = 0;
	for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms++) {
		SDL_GameControllerUpdate();
		value = SDL_GameControllerGetAxis(t.game, axis);
		if (value >= from && value <= to)
			return;
		pf_sleep_until_ns(pf_now_ns() + MS);
	}
	fail_msg("%s is %d", SDL_GameControllerGetStringForAxis(axis), value);
}

/* SDL counts down as positive, as the kernel does. Sticks of eight bits have coarse steps. */
static void each_axis_reaches_its_ends(void **state)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		plug(&kinds[k]);
		struct pf_pad_report r = pf_pad_at_rest();
		r.lx = r.ry = INT16_MAX;
		r.ly = r.rx = INT16_MIN;
		r.lt = 255;
		send_report(&r);
		expect_axis(SDL_CONTROLLER_AXIS_LEFTX, 32500, 32767);
		expect_axis(SDL_CONTROLLER_AXIS_LEFTY, 32500, 32767);
		expect_axis(SDL_CONTROLLER_AXIS_RIGHTX, -32768, -32500);
		expect_axis(SDL_CONTROLLER_AXIS_RIGHTY, -32768, -32500);
		expect_axis(SDL_CONTROLLER_AXIS_TRIGGERLEFT, 32767, 32767);
		expect_axis(SDL_CONTROLLER_AXIS_TRIGGERRIGHT, 0, 0);
		r = pf_pad_at_rest();
		r.rt = 255;
		send_report(&r);
		expect_axis(SDL_CONTROLLER_AXIS_LEFTX, -300, 300);
		expect_axis(SDL_CONTROLLER_AXIS_LEFTY, -300, 300);
		expect_axis(SDL_CONTROLLER_AXIS_TRIGGERLEFT, 0, 0);
		expect_axis(SDL_CONTROLLER_AXIS_TRIGGERRIGHT, 32767, 32767);
		unplug();
	}
}

/* --- what comes back --- */

static void rumble_comes_back(void **state)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		plug(&kinds[k]);
		assert_int_equal(SDL_GameControllerRumble(t.game, 0xC000, 0x4000, 500), 0);
		for (int waited_ms = 0; waited_ms < WAIT_MS && !atomic_load(&t.rumble); waited_ms++)
			pf_sleep_until_ns(pf_now_ns() + MS);
		/* Some controllers have eight bits of it. */
		assert_int_equal(atomic_load(&t.rumble) >> 24, 0xC0);
		assert_int_equal(atomic_load(&t.rumble) >> 8 & 0xFF, 0x40);
		unplug();
	}
}

static int begin(void **state)
{
	/* There is no udev here. */
	SDL_SetHint(SDL_HINT_JOYSTICK_ALLOW_BACKGROUND_EVENTS, "1");
	setenv("SDL_JOYSTICK_DISABLE_UDEV", "1", 1);
	setenv("SDL_VIDEODRIVER", "dummy", 1);
	return SDL_Init(SDL_INIT_GAMECONTROLLER);
}

static int end(void **state)
{
	SDL_Quit();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_kind_is_known, tidy),
		cmocka_unit_test_teardown(as_many_as_the_host_has, tidy),
		cmocka_unit_test_teardown(each_button_is_in_its_place, tidy),
		cmocka_unit_test_teardown(paddles_come_behind_the_others, tidy),
		cmocka_unit_test_teardown(each_axis_reaches_its_ends, tidy),
		cmocka_unit_test_teardown(rumble_comes_back, tidy),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
