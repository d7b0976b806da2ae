/* Which numbers whom is told. */
#include "gateway/numbering_told.h"
#include "gateway/route.h"
#include "tests/sample_numbering.h"
#include "tests/sample_route.h"

#include <stdio.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

enum { UNKNOWN = 0, INTERNATIONAL = 1, NATIONAL = 2, SUBSCRIBER = 4 };
enum { SHOWN, WITHHELD, NOT_AVAILABLE, RESERVED };
enum { UNCHECKED, PASSED, FAILED, NETWORK };

#define HABITS "country 49\narea 30\n"

static const char plain[] = HABITS;
static const char main_number[] =
	HABITS "caller allow +49301234 +4989100..+4989199 110\n"
	       "caller allow +44 otherwise +4930123400\n"
	       "redirecting allow +49301234 otherwise +4930123499\n";
static const char no_number[] =
	HABITS "caller allow +49301234 otherwise none\n"
	       "redirecting allow +49301234 otherwise drop\n";
static const char shown[] = HABITS "clir override\n";
static const char hidden[] = HABITS "clir always\n";
static const char shown_main[] = HABITS "clir override\n"
					"caller allow +49301234 otherwise "
					"+4930123400\n";

/* What arrives, and what a trunk group is told. */
static const struct {
	const char *plan;
	const char *core; /* "": no number came */
	uint8_t presentation, screening;
	bool emergency;
	const char *digits; /* NULL: no number */
	uint8_t type, presented, screened;
	enum numbering_verdict verdict;
} callers[] = {
	{ plain, "+49305550100", SHOWN, UNCHECKED, false, "5550100", SUBSCRIBER,
	  SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	{ plain, "+49305550100", WITHHELD, NETWORK, false, "5550100",
	  SUBSCRIBER, WITHHELD, NETWORK, NUMBERING_AS_CAME },
	{ plain, "", NOT_AVAILABLE, 0, false, NULL, 0, NOT_AVAILABLE, 0,
	  NUMBERING_NONE },
	{ main_number, "+493012345", SHOWN, UNCHECKED, false, "12345",
	  SUBSCRIBER, SHOWN, PASSED, NUMBERING_ALLOWED },
	{ main_number, "+4989142", SHOWN, UNCHECKED, false, "89142", NATIONAL,
	  SHOWN, PASSED, NUMBERING_ALLOWED },
	{ main_number, "+441632960000", SHOWN, NETWORK, false, "441632960000",
	  INTERNATIONAL, SHOWN, NETWORK, NUMBERING_ALLOWED },
	{ main_number, "+4989200", SHOWN, UNCHECKED, false, "123400",
	  SUBSCRIBER, SHOWN, PASSED, NUMBERING_REPLACED },
	/* longer than the range */
	{ main_number, "+49891421", SHOWN, PASSED, false, "123400", SUBSCRIBER,
	  SHOWN, PASSED, NUMBERING_REPLACED },
	/* its network says that it lies */
	{ main_number, "+493012345", SHOWN, FAILED, false, "123400", SUBSCRIBER,
	  SHOWN, PASSED, NUMBERING_REPLACED },
	{ main_number, "", NOT_AVAILABLE, UNCHECKED, false, "123400",
	  SUBSCRIBER, SHOWN, PASSED, NUMBERING_REPLACED },
	/* the wish stays with the call */
	{ main_number, "+4989200", WITHHELD, UNCHECKED, false, "123400",
	  SUBSCRIBER, WITHHELD, PASSED, NUMBERING_REPLACED },
	{ no_number, "+493012345", SHOWN, UNCHECKED, false, "12345", SUBSCRIBER,
	  SHOWN, PASSED, NUMBERING_ALLOWED },
	{ no_number, "+4989200", SHOWN, UNCHECKED, false, NULL, 0, SHOWN,
	  UNCHECKED, NUMBERING_LEFT_OUT },
	{ no_number, "+4989200", WITHHELD, UNCHECKED, false, NULL, 0, WITHHELD,
	  UNCHECKED, NUMBERING_LEFT_OUT },
	{ no_number, "", SHOWN, UNCHECKED, false, NULL, 0, SHOWN, UNCHECKED,
	  NUMBERING_NONE },
	{ shown, "+49305550100", WITHHELD, UNCHECKED, false, "5550100",
	  SUBSCRIBER, SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	{ shown, "+49305550100", RESERVED, UNCHECKED, false, "5550100",
	  SUBSCRIBER, SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	/* nothing is there to be shown */
	{ shown, "", WITHHELD, UNCHECKED, false, NULL, 0, WITHHELD, UNCHECKED,
	  NUMBERING_NONE },
	{ hidden, "+49305550100", SHOWN, UNCHECKED, false, "5550100",
	  SUBSCRIBER, WITHHELD, UNCHECKED, NUMBERING_AS_CAME },
	{ hidden, "", NOT_AVAILABLE, UNCHECKED, false, NULL, 0, WITHHELD,
	  UNCHECKED, NUMBERING_NONE },
	{ shown_main, "+4989200", WITHHELD, UNCHECKED, false, "123400",
	  SUBSCRIBER, SHOWN, PASSED, NUMBERING_REPLACED },
	/* who cannot be called back may be lost */
	{ plain, "+49305550100", WITHHELD, UNCHECKED, true, "5550100",
	  SUBSCRIBER, SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	{ hidden, "+49305550100", SHOWN, UNCHECKED, true, "5550100", SUBSCRIBER,
	  SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	{ no_number, "+4989200", WITHHELD, UNCHECKED, true, "89200", NATIONAL,
	  SHOWN, UNCHECKED, NUMBERING_AS_CAME },
	{ main_number, "+4989200", WITHHELD, UNCHECKED, true, "123400",
	  SUBSCRIBER, SHOWN, PASSED, NUMBERING_REPLACED },
};

static struct leg_setup told(const struct conf_target *to, size_t i,
			     struct numbering_told *what)
{
	const struct numbering_who who = { .calling = callers[i].core,
					   .redirecting = "",
					   .emergency = callers[i].emergency };
	struct leg_setup in = { .from = "phones" }, out = in;

	in.calling.present = *callers[i].core;
	in.calling.presentation = callers[i].presentation;
	in.calling.screening = callers[i].screening;
	numbering_tell_who(to, &who, &in, &out, what, NULL);
	return out;
}

static void test_caller(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(callers); i++) {
		struct conf *conf = numbering_conf(callers[i].plan);
		const struct conf_trunk trunk = { .numbering =
							  conf->numberings };
		const struct conf_target to = { .trunk = &trunk };
		struct numbering_told what;
		struct leg_setup out = told(&to, i, &what);

		assert_int_equal(what.verdict, callers[i].verdict);
		assert_int_equal(out.calling.present,
				 callers[i].digits != NULL);
		if (callers[i].digits) {
			assert_string_equal(out.calling.digits,
					    callers[i].digits);
			assert_int_equal(out.calling.type, callers[i].type);
		}
		assert_int_equal(out.calling.presentation,
				 callers[i].presented);
		assert_int_equal(out.calling.screening, callers[i].screened);
		assert_int_equal(what.allowed != NULL,
				 callers[i].verdict == NUMBERING_ALLOWED);
		conf_free(conf);
	}
}

/* A peer is told by us as its network. */
static void test_caller_to_peer(void **state)
{
	struct conf *conf = numbering_conf(main_number);
	const struct conf_peer peer = { .numbering = conf->numberings };
	const struct conf_target to = { .peer = &peer };

	(void)state;
	for (size_t i = 0; i < COUNT(callers); i++) {
		struct numbering_told what;
		struct leg_setup out;

		if (callers[i].plan != main_number)
			continue;
		out = told(&to, i, &what);
		assert_int_equal(what.verdict, callers[i].verdict);
		if (what.verdict == NUMBERING_REPLACED) {
			assert_int_equal(out.calling.screening, NETWORK);
			assert_string_equal(out.calling.digits, "+4930123400");
		} else {
			assert_string_equal(out.calling.digits,
					    callers[i].core);
		}
	}
	conf_free(conf);
}

static const struct {
	const char *plan, *core;
	bool diverted;
	const char *digits; /* NULL: it is not told that it was diverted */
	enum numbering_verdict verdict;
} diverted[] = {
	{ plain, "+49305550100", true, "5550100", NUMBERING_AS_CAME },
	{ plain, "", false, NULL, NUMBERING_NONE },
	{ main_number, "+4930123411", true, "123411", NUMBERING_ALLOWED },
	{ main_number, "+4930999", true, "123499", NUMBERING_REPLACED },
	{ main_number, "", true, "123499", NUMBERING_REPLACED },
	{ main_number, "", false, NULL, NUMBERING_NONE },
	{ no_number, "+4930123411", true, "123411", NUMBERING_ALLOWED },
	{ no_number, "+4930999", true, NULL, NUMBERING_LEFT_OUT },
};

static void test_redirecting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(diverted); i++) {
		struct conf *conf = numbering_conf(diverted[i].plan);
		const struct conf_trunk trunk = { .numbering =
							  conf->numberings };
		const struct conf_target to = { .trunk = &trunk };
		const struct numbering_who who = {
			.calling = "",
			.redirecting = diverted[i].core,
		};
		struct leg_setup in = { .redirecting.reason = 15 }, out = in;
		struct numbering_told what;

		in.redirecting.number.present = diverted[i].diverted;
		in.redirecting.number.presentation = WITHHELD;
		numbering_tell_who(&to, &who, &in, &out, NULL, &what);
		assert_int_equal(what.verdict, diverted[i].verdict);
		assert_int_equal(out.redirecting.number.present,
				 diverted[i].digits != NULL);
		if (diverted[i].digits)
			assert_string_equal(out.redirecting.number.digits,
					    diverted[i].digits);
		assert_int_equal(out.redirecting.number.presentation, WITHHELD);
		conf_free(conf);
	}
}

#define WHOLE                                                    \
	"gateway g { listen 127.0.0.1 }\n"                       \
	"sip-peer pbx { accept-from 10.0.0.1 numbering dial }\n" \
	"span 1 { device virtual x.sock span 1 }\n"              \
	"trunk-group city { members span 1 numbering pri }\n"    \
	"numbering dial {\n" HABITS "national-prefix 0\n"        \
	"short 110\n"                                            \
	"}\n"                                                    \
	"numbering pri {\n" HABITS "short 110\n"                 \
	"caller allow +49301234 otherwise none\n"                \
	"clir always\n"                                          \
	"}\n"                                                    \
	"route from pbx {\n"                                     \
	"110 -> city\n"                                          \
	"+49 -> city\n"                                          \
	"}\n"                                                    \
	"route from city { otherwise -> reject 404 }\n"

/* Through a route, which knows what an emergency is. */
static void test_route(void **state)
{
	char *said;
	struct conf *conf = parse(WHOLE, &said);
	struct leg_setup in = { .from = "pbx" };
	struct route_result out;
	struct conf_action *emergency;

	(void)state;
	free(said);
	assert_non_null(conf);
	in.called.present = in.calling.present = true;
	in.calling.presentation = WITHHELD;
	strcpy(in.calling.digits, "089555");
	strcpy(in.called.digits, "5550100");
	assert_int_equal(route_call(conf, &in, &sample_moment, &out), 0);
	assert_string_equal(out.out.called.digits, "5550100");
	assert_int_equal(out.out.called.type, SUBSCRIBER);
	assert_false(out.out.calling.present);
	assert_int_equal(out.out.calling.presentation, WITHHELD);
	emergency = (struct conf_action *)conf->routes[0].rules[0].action;
	emergency->emergency = true;
	strcpy(in.called.digits, "110");
	assert_int_equal(route_call(conf, &in, &sample_moment, &out), 0);
	assert_string_equal(out.out.called.digits, "110");
	assert_int_equal(out.out.called.type, UNKNOWN);
	assert_string_equal(out.out.calling.digits, "89555");
	assert_int_equal(out.out.calling.presentation, SHOWN);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caller),
		cmocka_unit_test(test_caller_to_peer),
		cmocka_unit_test(test_redirecting),
		cmocka_unit_test(test_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
