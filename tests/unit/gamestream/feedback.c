/* What games say to a Moonlight client's controllers (gamestream 4.7). The control channel, the host and the input
 * plane are stood in for here. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "gamestream/plane.h"
#include "session/planes.h"

static struct pf_gs_stream stream;
static struct pf_pad_client seated;
static uint8_t sent[8][64];
static size_t sent_bytes[8], count;

void pf_gs_control_send(struct pf_gs_stream *s, const uint8_t *text, size_t len)
{
	assert_true(s == &stream && count < 8 && len <= sizeof(sent[0]));
	memcpy(sent[count], text, len);
	sent_bytes[count++] = len;
}

struct pf_pad_pool *pf_host_pads(const struct pf_host *h)
{
	return NULL;
}

void pf_input_plane_seat(
	struct pf_input_plane *p, struct pf_pad_pool *pool, const struct pf_pad_client *client)
{
	seated = *client;
}

static int sit_down(void **state)
{
	static struct pf_gamestream plane;
	stream = (struct pf_gs_stream){.g = &plane, .client.bytes = {1, 2, 3}};
	count = 0;
	pf_gs_stream_seat(&stream);
	return 0;
}

static void say(unsigned pad, const struct pf_pad_feedback *f)
{
	count = 0;
	seated.on_feedback(seated.user, pad, f);
}

/* Type, length, payload; all little endian. */
static void expect(size_t at, const uint8_t *bytes, size_t len)
{
	assert_true(at < count);
	assert_int_equal(sent_bytes[at], len);
	assert_memory_equal(sent[at], bytes, len);
}
#define EXPECT(at, ...) expect(at, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void rumble_is_told_once(void **state)
{
	say(3, &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE, .rumble = {.low = 0x1234, .high = 0xFFFF}});
	assert_int_equal(count, 1);
	EXPECT(0, 0x0B, 0x01, 10, 0, 0xEE, 0xFF, 0xC0, 0x00, 3, 0, 0x34, 0x12, 0xFF, 0xFF);
	say(3, &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE});
	assert_int_equal(count, 1);
	EXPECT(0, 0x0B, 0x01, 10, 0, 0xEE, 0xFF, 0xC0, 0x00, 3, 0, 0, 0, 0, 0);
}

static void trigger_motors_have_a_message_of_their_own(void **state)
{
	say(1, &(struct pf_pad_feedback){
		       .kind = PF_PAD_RUMBLE, .rumble = {.left_trigger = 5, .right_trigger = 0x100}});
	assert_int_equal(count, 2);
	EXPECT(1, 0x00, 0x55, 6, 0, 1, 0, 5, 0, 0, 1);
	say(2, &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE, .rumble.low = 1}); /* another pad */
	assert_int_equal(count, 1);
	say(1, &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE, .rumble.low = 1});
	assert_int_equal(count, 2);
	EXPECT(1, 0x00, 0x55, 6, 0, 1, 0, 0, 0, 0, 0);
	say(1, &(struct pf_pad_feedback){.kind = PF_PAD_RUMBLE});
	assert_int_equal(count, 1);
}

static void lights_and_triggers(void **state)
{
	say(15, &(struct pf_pad_feedback){.kind = PF_PAD_LED, .led = {1, 2, 3}});
	assert_int_equal(count, 1);
	EXPECT(0, 0x02, 0x55, 5, 0, 15, 0, 1, 2, 3);
	struct pf_pad_feedback f = {
		.kind = PF_PAD_TRIGGER, .trigger.effect = {0x21, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
	say(0, &f);
	EXPECT(0, 0x03, 0x55, 25, 0, 0, 0, 0x08, 0x21, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0);
	f.trigger.right = true;
	say(0, &f);
	EXPECT(0, 0x03, 0x55, 25, 0, 0, 0, 0x04, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7,
		8, 9, 10);
	say(0, &(struct pf_pad_feedback){.kind = PF_PAD_PLAYER_LEDS, .player_leds = 4});
	assert_int_equal(count, 0);
	say(0, &(struct pf_pad_feedback){.kind = PF_PAD_MIC_LED, .mic_led = 1});
	assert_int_equal(count, 0);
}

static void motion_is_asked_of_controllers_that_have_it(void **state)
{
	seated.on_made(seated.user, 2, PF_GAMEPAD_DUALSENSE);
	assert_int_equal(count, 2);
	EXPECT(0, 0x01, 0x55, 5, 0, 2, 0, 100, 0, 1);
	EXPECT(1, 0x01, 0x55, 5, 0, 2, 0, 100, 0, 2);
	count = 0;
	seated.on_made(seated.user, 2, PF_GAMEPAD_XBOX_360);
	assert_int_equal(count, 0);
}

static void the_client_is_known_by_its_certificate(void **state)
{
	assert_memory_equal(seated.key, stream.client.bytes, sizeof(seated.key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rumble_is_told_once, sit_down),
		cmocka_unit_test_setup(trigger_motors_have_a_message_of_their_own, sit_down),
		cmocka_unit_test_setup(lights_and_triggers, sit_down),
		cmocka_unit_test_setup(motion_is_asked_of_controllers_that_have_it, sit_down),
		cmocka_unit_test_setup(the_client_is_known_by_its_certificate, sit_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
