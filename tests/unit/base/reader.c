#include "base/reader.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/writer.h"

static void reads_what_was_written(void **state)
{
	uint8_t buf[32];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_wr_u8(&w, 0x12);
	pf_wr_u16(&w, 0x3456);
	pf_wr_u32be(&w, 0x789abcde);
	pf_wr_u64(&w, 0x1122334455667788);
	assert_false(w.failed);
	assert_int_equal(w.len, 15);

	struct pf_rd r = pf_rd_init(buf, w.len);
	assert_int_equal(pf_rd_u8(&r), 0x12);
	assert_int_equal(pf_rd_u16(&r), 0x3456);
	assert_int_equal(pf_rd_u32be(&r), 0x789abcde);
	assert_true(pf_rd_u64(&r) == 0x1122334455667788);
	assert_false(r.failed);
	assert_int_equal(r.left, 0);
}

static void reading_past_the_end_yields_zero_and_sticks(void **state)
{
	const uint8_t buf[] = {1, 2, 3};
	struct pf_rd r = pf_rd_init(buf, sizeof(buf));
	assert_int_equal(pf_rd_u32(&r), 0);
	assert_true(r.failed);
	assert_int_equal(pf_rd_u8(&r), 0);
	assert_null(pf_rd_bytes(&r, 1));
}

static void sub_reader_cannot_leave_its_part(void **state)
{
	const uint8_t buf[] = {1, 2, 3, 4};
	struct pf_rd r = pf_rd_init(buf, sizeof(buf));
	struct pf_rd part = pf_rd_sub(&r, 2);
	assert_int_equal(pf_rd_u16(&part), 0x0201);
	assert_int_equal(pf_rd_u8(&part), 0);
	assert_true(part.failed);
	assert_int_equal(pf_rd_u16(&r), 0x0403);
	struct pf_rd beyond = pf_rd_sub(&r, 1);
	assert_true(beyond.failed && r.failed);
}

static void writer_refuses_what_does_not_fit(void **state)
{
	uint8_t buf[3] = {0, 0, 0xee};
	struct pf_wr w = pf_wr_init(buf, 2);
	pf_wr_u32(&w, 0xffffffff);
	assert_true(w.failed);
	assert_int_equal(w.len, 0);
	assert_int_equal(buf[2], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(reading_past_the_end_yields_zero_and_sticks),
		cmocka_unit_test(sub_reader_cannot_leave_its_part),
		cmocka_unit_test(writer_refuses_what_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
