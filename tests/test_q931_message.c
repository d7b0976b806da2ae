/* Q.931 messages octet by octet: elements found, cut out, named. */
#include "dahdi/q931_message.h"
#include "dahdi/q931_tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	size_t len, kept;
	unsigned removed;
	uint8_t ies[16];
} sanitize_cases[] = {
	{ 0, 0, 0, { 0 } },
	{ 4, 4, 0, { 0x08, 0x02, 0x82, 0x90 } },
	{ 3, 0, 1, { 0x08, 0x02, 0x82 } },	 /* cut off */
	{ 1, 0, 1, { 0x08 } },			 /* no length */
	{ 3, 0, 1, { 0x08, 0x01, 0x82 } },	 /* no cause value */
	{ 4, 0, 1, { 0x08, 0x02, 0x02, 0x90 } }, /* 3a announced */
	{ 5, 5, 0, { 0x08, 0x03, 0x02, 0x81, 0x90 } },
	{ 2, 0, 1, { 0x1e, 0x00 } },
	{ 3, 0, 1, { 0x1e, 0x01, 0x82 } },
	{ 5, 0, 1, { 0x6c, 0x03, 0x21, 0x00, '1' } }, /* no ext. bit */
	{ 5, 5, 0, { 0x6c, 0x03, 0x21, 0x80, '1' } },
	{ 4, 0, 1, { 0x04, 0x02, 0x90, 0x98 } }, /* multirate */
	{ 4, 4, 0, { 0x04, 0x02, 0x90, 0x90 } },
	{ 2, 0, 1, { 0x7e, 0x00 } },
	/* single octets and good neighbours stay */
	{ 8, 5, 1, { 0xa1, 0x1e, 0x01, 0x82, 0x08, 0x02, 0x82, 0x90 } },
	/* a shift for one element goes with it, a locking shift stays */
	{ 7, 4, 1, { 0x9e, 0x28, 0x00, 0x08, 0x02, 0x82, 0x90 } },
	{ 4, 2, 1, { 0x96, 0x28, 0x00, 0xa1 } },
};

static void test_sanitize(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sanitize_cases / sizeof sanitize_cases[0];
	     i++) {
		uint8_t ies[16];
		unsigned removed;

		memcpy(ies, sanitize_cases[i].ies, sizeof ies);
		assert_int_equal(q931_sanitize(ies, sanitize_cases[i].len,
					       &removed),
				 sanitize_cases[i].kept);
		assert_int_equal(removed, sanitize_cases[i].removed);
	}
}

static void test_find(void **state)
{
	/* cause; locking shift to 6; what looks like a cause */
	static const uint8_t ies[] = {
		0xa1, 0x08, 0x02, 0x82, 0x91, 0x1e, 0x02,
		0x82, 0x88, 0x96, 0x08, 0x02, 0x80, 0x81
	};
	/* non-locking shift: the second cause is codeset 0 again */
	static const uint8_t shifted[] = { 0x9e, 0x08, 0x01, 0x80,
					   0x08, 0x02, 0x82, 0x92 };
	const uint8_t *cause;
	size_t len = 0;

	(void)state;
	cause = q931_ie_find(ies, sizeof ies, Q931_IE_CAUSE, &len);
	assert_ptr_equal(cause, ies + 3);
	assert_int_equal(len, 2);
	assert_ptr_equal(q931_ie_find(ies, sizeof ies, Q931_IE_PROGRESS, &len),
			 ies + 7);
	assert_null(q931_ie_find(ies, sizeof ies, Q931_IE_CHANNEL, &len));
	assert_null(q931_ie_find(ies, 4, Q931_IE_CAUSE, &len));
	cause = q931_ie_find(shifted, sizeof shifted, Q931_IE_CAUSE, &len);
	assert_ptr_equal(cause, shifted + 6);
}

static void test_names(void **state)
{
	char buf[24];

	(void)state;
	assert_string_equal(q931_message_name(Q931_SETUP, buf), "SETUP");
	assert_string_equal(q931_message_name(Q931_RELEASE_COMPLETE, buf),
			    "RELEASE COMPLETE");
	assert_string_equal(q931_message_name(0x31, buf), "message 0x31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sanitize),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
