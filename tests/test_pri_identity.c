/* Calling, connected and diverting numbers, against the octets of the line. */
#include "dahdi/driver.h"
#include "dahdi/pri_leg.h"
#include "dahdi/q931_message.h"
#include "dahdi/span.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INVOKE_ID_AT 5
#define MESSAGE_AT 4 /* in an I-frame */

/* One element of what the network sends, put in place of libpri's. */
struct splice {
	uint8_t message, id; /* 0: nothing */
	const char *octets;  /* whole elements */
	size_t len;
};

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
	struct splice splice;
};

static bool splice(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	const struct splice *splice = ctx;
	struct q931_header header;
	struct q931_walk walk;
	struct q931_ie ie;
	uint8_t *ies;
	size_t kept = 0;

	if (from != 1 || !splice->message || *len <= MESSAGE_AT ||
	    frame[2] & 1 ||
	    q931_header_parse(frame + MESSAGE_AT, *len - MESSAGE_AT, &header) ||
	    header.type != splice->message)
		return true;
	ies = frame + MESSAGE_AT + header.ies_at;
	q931_walk_start(&walk, ies, (size_t)(frame + *len - ies));
	while (q931_walk_next(&walk, &ie) > 0) {
		if (ie.id == splice->id)
			continue;
		memmove(ies + kept, ies + ie.at, ie.size);
		kept += ie.size;
	}
	assert_true(kept + splice->len <= 256);
	if (splice->len)
		memcpy(ies + kept, splice->octets, splice->len);
	*len = (size_t)(ies - frame) + kept + splice->len;
	return true;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	fake_line_filter(f->lab.line[0], splice, &f->splice);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fake_lab_run(&f->lab, 1000);
	assert_true(fake_lab_is_clean(&f->lab));
	assert_int_equal(fsm_illegal_count(), 0);
	fake_lab_stop(&f->lab);
	free(f);
	return 0;
}

static void assert_number(const struct leg_number *is,
			  const struct leg_number *wanted)
{
	assert_string_equal(is->digits, wanted->digits);
	assert_int_equal(is->type, wanted->type);
	assert_int_equal(is->plan, wanted->plan);
	assert_int_equal(is->presentation, wanted->presentation);
	assert_int_equal(is->screening, wanted->screening);
	assert_int_equal(is->present, wanted->present);
}

/* `octets` is the element's contents; NULL: it must not be there. */
static void assert_ie(const uint8_t *ies, size_t ies_len, uint8_t id,
		      const char *octets, size_t len)
{
	size_t found_len = 0;
	const uint8_t *found = q931_ie_find(ies, ies_len, id, &found_len);

	if (!octets) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_int_equal(found_len, len);
	assert_memory_equal(found, octets, len);
}

static void end_call(struct fixture *f, struct fake_isdn_call *call)
{
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(call->released, 1);
	fake_isdn_call_free(call);
}

static void start(struct fixture *f, struct fake_isdn_call *call,
		  const struct leg_setup *setup)
{
	struct pri_leg *leg;

	memset(call, 0, sizeof *call);
	call->answers_release = true;
	assert_int_equal(pri_leg_new(&leg, f->lab.span[0],
				     span_channel(f->lab.span[0], 1), NULL),
			 0);
	call->leg = pri_leg_leg(leg);
	call->leg->call = (struct call *)call;
	assert_int_equal(call->leg->ops->setup(call->leg, setup), 0);
	fake_lab_run(&f->lab, 100);
}

static struct fake_isdn_call *ring(struct fixture *f,
				   const struct fake_network_setup *setup)
{
	f->in.count = 0;
	fake_network_call(f->lab.network[0], setup);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(f->in.count, 1);
	return &f->in.call[0];
}

/* The same for the calling number of a SETUP and the connected number of a
 * CONNECT: octets 3, 3a and the digits. */
static const struct {
	struct leg_number number;
	const char *octets; /* NULL: no element */
	size_t len;
} sent[] = {
	{ { "301234", 2, 1, 0, 0, true },
	  "\x21\x80"
	  "301234",
	  8 },
	{ { "301234", 2, 1, 0, 1, true },
	  "\x21\x81"
	  "301234",
	  8 },
	{ { "301234", 2, 1, 0, 3, true },
	  "\x21\x83"
	  "301234",
	  8 },
	{ { "301234", 2, 1, 1, 0, true },
	  "\x21\xa0"
	  "301234",
	  8 },
	{ { "301234", 2, 1, 1, 3, true },
	  "\x21\xa3"
	  "301234",
	  8 },
	{ { "4930123", 1, 1, 0, 1, true },
	  "\x11\x81"
	  "4930123",
	  9 },
	{ { "+4930123", 1, 1, 0, 1, true },
	  "\x11\x81"
	  "4930123",
	  9 },
	{ { "+4930123", 0, 1, 0, 1, true },
	  "\x11\x81"
	  "4930123",
	  9 },
	{ { "5551234", 4, 1, 0, 0, true },
	  "\x41\x80"
	  "5551234",
	  9 },
	{ { "77", 0, 9, 0, 0, true },
	  "\x09\x80"
	  "77",
	  4 },
	{ { "0301234", 0, 0, 0, 0, true },
	  "\x00\x80"
	  "0301234",
	  9 },
	/* Interworking; withheld by somebody before us; nothing known. */
	{ { "", 0, 0, 2, 3, false }, "\x00\xc3", 2 },
	{ { "", 0, 0, 2, 0, false }, "\x00\xc0", 2 },
	{ { "", 2, 1, 1, 3, false }, "\x21\xa3", 2 },
	{ { "", 0, 0, 0, 0, false }, NULL, 0 },
	{ { "", 0, 0, 0, 0, true }, NULL, 0 },
	/* Digits that nobody vouches for are not sent. */
	{ { "301234", 2, 1, 0, 0, false }, NULL, 0 },
	{ { "301234", 2, 1, 2, 0, false }, "\x21\xc0", 2 },
	/* Nor is half of a number. */
	{ { "12345678901234567890123456789012", 2, 1, 0, 0, true }, NULL, 0 },
};

static void test_calling_sent(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];

	network->does = NETWORK_PROCEEDS;
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		const struct leg_setup setup = {
			.called = { "5550100", 4, 1, 0, 0, true },
			.calling = sent[i].number,
		};
		struct fake_isdn_call call;

		start(f, &call, &setup);
		assert_ie(network->setup_ies.octets, network->setup_ies.len,
			  Q931_IE_CALLING_NUMBER, sent[i].octets, sent[i].len);
		assert_ie(network->setup_ies.octets, network->setup_ies.len,
			  Q931_IE_CALLED_NUMBER,
			  "\xc1"
			  "5550100",
			  8);
		assert_ie(network->setup_ies.octets, network->setup_ies.len,
			  Q931_IE_FACILITY, NULL, 0);
		assert_false(network->redirecting.number.present);
		end_call(f, &call);
	}
}

static void test_connected_sent(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	const struct fake_network_setup setup = { .called = "1", .channel = 1 };

	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		struct fake_isdn_call *call = ring(f, &setup);

		call->leg->ops->answer(call->leg, &sent[i].number);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(network->connect, 1);
		assert_ie(network->connect_ies.octets, network->connect_ies.len,
			  Q931_IE_CONNECTED_NUMBER, sent[i].octets,
			  sent[i].len);
		assert_int_equal(call->confirmed, 1);
		end_call(f, call);
	}
}

/* Contents of an element; its id and length are put before it. */
static const struct {
	const char *octets; /* NULL: no element */
	size_t len;
	struct leg_number number;
} received[] = {
	{ "\x21\x80"
	  "301234",
	  8,
	  { "301234", 2, 1, 0, 0, true } },
	{ "\x21\x81"
	  "301234",
	  8,
	  { "301234", 2, 1, 0, 1, true } },
	{ "\x21\x82"
	  "301234",
	  8,
	  { "301234", 2, 1, 0, 2, true } },
	{ "\x21\x83"
	  "301234",
	  8,
	  { "301234", 2, 1, 0, 3, true } },
	{ "\x21\xa3"
	  "301234",
	  8,
	  { "301234", 2, 1, 1, 3, true } },
	{ "\x11\xa1"
	  "4930123",
	  9,
	  { "4930123", 1, 1, 1, 1, true } },
	{ "\x49\x80"
	  "1234",
	  6,
	  { "1234", 4, 9, 0, 0, true } },
	/* Without octet 3a: allowed, not screened (Q.931 4.5.10). */
	{ "\xc1"
	  "5551234",
	  8,
	  { "5551234", 4, 1, 0, 0, true } },
	/* Without digits. */
	{ "\x00\xc3", 2, { "", 0, 0, 2, 3, false } },
	{ "\x21\xa3", 2, { "", 2, 1, 1, 3, false } },
	{ "\xa1", 1, { "", 2, 1, 0, 0, false } },
	{ NULL, 0, { "", 0, 0, 0, 0, false } },
	/* What is none goes no further. */
	{ "\x21\x80"
	  "1\r\n2 \x7f"
	  "3",
	  9,
	  { "1??2??3", 2, 1, 0, 0, true } },
	{ "\x21\x80"
	  "12345678901234567890123456789012345678901234567890",
	  52,
	  { "1234567890123456789012345678901", 2, 1, 0, 0, true } },
};

static void splice_number(struct splice *splice, char buf[64], uint8_t message,
			  uint8_t id, size_t row)
{
	*splice = (struct splice){ .message = message, .id = id };
	if (!received[row].octets)
		return;
	buf[0] = (char)id;
	buf[1] = (char)received[row].len;
	memcpy(buf + 2, received[row].octets, received[row].len);
	splice->octets = buf;
	splice->len = 2 + received[row].len;
}

static void test_calling_received(void **state)
{
	struct fixture *f = *state;
	const struct fake_network_setup setup = { .called = "1", .channel = 1 };
	char buf[64];

	for (size_t i = 0; i < sizeof received / sizeof received[0]; i++) {
		struct fake_isdn_call *call;

		splice_number(&f->splice, buf, Q931_SETUP,
			      Q931_IE_CALLING_NUMBER, i);
		call = ring(f, &setup);
		assert_number(&f->in.setup[0].calling, &received[i].number);
		assert_false(f->in.setup[0].redirecting.number.present);
		end_call(f, call);
	}
}

static void test_connected_received(void **state)
{
	struct fixture *f = *state;
	char buf[64];

	f->lab.network[0]->does = NETWORK_ANSWERS;
	for (size_t i = 0; i < sizeof received / sizeof received[0]; i++) {
		struct fake_isdn_call call;

		splice_number(&f->splice, buf, Q931_CONNECT,
			      Q931_IE_CONNECTED_NUMBER, i);
		fake_isdn_call_start(&call, &f->lab, 1);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(call.answer, 1);
		assert_number(&call.connected, &received[i].number);
		end_call(f, &call);
	}
}

/* The redirecting number element (Q.931 4.6.7). */
static void test_redirecting_element_received(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		struct leg_redirecting redirecting;
	} rows[] = {
		{ "\x74\x07\x21\x00\x8f"
		  "3012",
		  9,
		  { { "3012", 2, 1, 0, 0, true }, 15, 1 } },
		{ "\x74\x07\x41\x20\x81"
		  "3012",
		  9,
		  { { "3012", 4, 1, 1, 0, true }, 1, 1 } },
		{ "\x74\x07\x11\x03\x82"
		  "3012",
		  9,
		  { { "3012", 1, 1, 0, 3, true }, 2, 1 } },
		{ "\x74\x07\x21\x00\x84"
		  "3012",
		  9,
		  { { "3012", 2, 1, 0, 0, true }, 4, 1 } },
		{ "\x74\x07\x21\x00\x89"
		  "3012",
		  9,
		  { { "3012", 2, 1, 0, 0, true }, 9, 1 } },
		{ "\x74\x07\x21\x00\x8a"
		  "3012",
		  9,
		  { { "3012", 2, 1, 0, 0, true }, 10, 1 } },
		/* No reason; nor presentation; nor digits. */
		{ "\x74\x06\x21\x81"
		  "3012",
		  8,
		  { { "3012", 2, 1, 0, 1, true }, 0, 1 } },
		{ "\x74\x05\xa1"
		  "3012",
		  7,
		  { { "3012", 2, 1, 0, 0, true }, 0, 1 } },
		{ "\x74\x03\x00\x40\x8f",
		  5,
		  { { "", 0, 0, 2, 0, true }, 15, 1 } },
		/* Of two the last (Q.952). */
		{ "\x74\x05\x21\x00\x81"
		  "11\x74\x05\x41\x00\x82"
		  "22",
		  14,
		  { { "22", 4, 1, 0, 0, true }, 2, 1 } },
	};
	struct fixture *f = *state;
	const struct fake_network_setup setup = { .called = "1", .channel = 1 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct leg_redirecting *is = &f->in.setup[0].redirecting;
		struct fake_isdn_call *call;

		f->splice =
			(struct splice){ Q931_SETUP, Q931_IE_REDIRECTING_NUMBER,
					 rows[i].octets, rows[i].len };
		call = ring(f, &setup);
		assert_number(&is->number, &rows[i].redirecting.number);
		assert_int_equal(is->reason, rows[i].redirecting.reason);
		assert_int_equal(is->count, rows[i].redirecting.count);
		end_call(f, call);
	}
}

/* What both directions carry by the facility. */
static const struct {
	struct leg_redirecting sent, received;
} diverted[] = {
	{ { { "3012", 2, 1, 0, 0, true }, 15, 1 },
	  { { "3012", 2, 1, 0, 0, true }, 15, 1 } },
	/* libpri loses the type subscriber. */
	{ { { "3012", 4, 1, 0, 0, true }, 1, 2 },
	  { { "3012", 0, 1, 0, 0, true }, 1, 2 } },
	{ { { "+493012", 1, 1, 1, 0, true }, 2, 5 },
	  { { "493012", 1, 1, 1, 0, true }, 2, 5 } },
	{ { { "3012", 0, 1, 0, 0, true }, 0, 0 },
	  { { "3012", 0, 1, 0, 0, true }, 0, 1 } },
	{ { { "3012", 2, 1, 0, 0, true }, 4, 1 },
	  { { "3012", 2, 1, 0, 0, true }, 4, 1 } },
	/* No screening, and five reasons only. */
	{ { { "3012", 2, 1, 0, 3, true }, 9, 1 },
	  { { "3012", 2, 1, 0, 0, true }, 0, 1 } },
	{ { { "3012", 2, 1, 0, 3, true }, 10, 1 },
	  { { "3012", 2, 1, 0, 0, true }, 0, 1 } },
	/* By nobody knows whom, or says. libpri has one code for the former. */
	{ { { "", 0, 1, 0, 0, true }, 15, 1 },
	  { { "", 0, 1, 2, 3, true }, 15, 1 } },
	{ { { "", 0, 1, 1, 0, true }, 15, 1 },
	  { { "", 0, 1, 1, 0, true }, 15, 1 } },
	/* Not diverted. */
	{ { { "", 0, 0, 0, 0, false }, 15, 3 },
	  { { "", 0, 0, 0, 0, false }, 0, 0 } },
};

static void assert_redirecting(const struct leg_redirecting *is, size_t row)
{
	assert_number(&is->number, &diverted[row].received.number);
	assert_int_equal(is->reason, diverted[row].received.reason);
	assert_int_equal(is->count, diverted[row].received.count);
}

static void test_diverted_sent(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];

	network->does = NETWORK_ANSWERS;
	for (size_t i = 0; i < sizeof diverted / sizeof diverted[0]; i++) {
		const struct leg_setup setup = {
			.called = { "5550100", 4, 1, 0, 0, true },
			.redirecting = diverted[i].sent,
		};
		struct fake_isdn_call call;

		start(f, &call, &setup);
		assert_redirecting(&network->redirecting, i);
		assert_ie(network->setup_ies.octets, network->setup_ies.len,
			  Q931_IE_REDIRECTING_NUMBER, NULL, 0);
		assert_int_equal(call.answer, 1);
		end_call(f, &call);
	}
}

static void test_diverted_received(void **state)
{
	struct fixture *f = *state;

	pri_facility_enable(f->lab.network[0]->pri);
	for (size_t i = 0; i < sizeof diverted / sizeof diverted[0]; i++) {
		const struct fake_network_setup setup = {
			.called = "1",
			.channel = 1,
			.redirecting = &diverted[i].sent,
		};
		struct fake_isdn_call *call = ring(f, &setup);

		assert_redirecting(&f->in.setup[0].redirecting, i);
		call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
		fake_lab_run(&f->lab, 100);
		assert_int_equal(call->confirmed, 1);
		end_call(f, call);
	}
}

/* DivertingLegInformation2 octet by octet, also when T303 repeats the SETUP
 * (EN 300 207-1 annex A: counter, reason, diverting number). */
static void test_diverted_octets(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	const struct leg_setup setup = {
		.called = { "5550100", 4, 1, 0, 0, true },
		.redirecting = { { "3012", 2, 1, 0, 0, true }, 15, 1 },
	};
	char octets[] = "\x91\xa1\x1d\x02\x01\x01" /* invoke */
			"\x02\x01\x0f"	       /* divertingLegInformation2 */
			"\x30\x15\x02\x01\x01" /* once */
			"\x0a\x01\x01"	       /* unconditional */
			"\xa1\x0d\xa0\x0b\xa1\x09" /* by an allowed public */
			"\x0a\x01\x02\x12\x04"
			"3012"; /* national number */
	struct fake_isdn_call call;

	network->does = NETWORK_SILENT;
	start(f, &call, &setup);
	for (unsigned n = 0; n < 2; n++) {
		size_t len;
		const uint8_t *ie = q931_ie_find(network->setup_ies.octets,
						 network->setup_ies.len,
						 Q931_IE_FACILITY, &len);

		assert_non_null(ie);
		assert_int_equal(len, sizeof octets - 1);
		/* The invoke identifier is libpri's. */
		octets[INVOKE_ID_AT] = (char)ie[INVOKE_ID_AT];
		assert_memory_equal(ie, octets, len);
		network->setup_ies.len = 0;
		fake_lab_run(&f->lab, 4500);
	}
	end_call(f, &call);
}

/* A called number that libpri would cut. */
static void test_called_too_long(void **state)
{
	struct fixture *f = *state;
	struct leg_setup setup = {
		.called = { "+1234567890123456789012345678901", 1, 1, 0, 0,
			    true },
	};
	struct fake_isdn_call call;
	struct pri_leg *leg;

	f->lab.network[0]->does = NETWORK_PROCEEDS;
	start(f, &call, &setup);
	assert_string_equal(f->lab.network[0]->called, setup.called.digits + 1);
	end_call(f, &call);
	strcat(setup.called.digits, "2");
	assert_int_equal(pri_leg_new(&leg, f->lab.span[0],
				     span_channel(f->lab.span[0], 1), NULL),
			 0);
	call.leg = pri_leg_leg(leg);
	assert_int_equal(call.leg->ops->setup(call.leg, &setup), -EINVAL);
	call.leg->ops->free(call.leg);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_calling_sent),
		IN_LAB(test_calling_received),
		IN_LAB(test_connected_sent),
		IN_LAB(test_connected_received),
		IN_LAB(test_redirecting_element_received),
		IN_LAB(test_diverted_sent),
		IN_LAB(test_diverted_received),
		IN_LAB(test_diverted_octets),
		IN_LAB(test_called_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
