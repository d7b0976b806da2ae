/* Numbers from the wire to the core's form and back. */
#include "gateway/clock.h"
#include "gateway/numbering.h"
#include "tests/sample_numbering.h"

#include <stdio.h>

enum { UNKNOWN = 0, INTERNATIONAL = 1, NATIONAL = 2, SUBSCRIBER = 4 };
#define PRIVATE 9
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* As written by people who say everything. */
static const char written[] = "receive subscriber    \"\" -> +4930\n"
			      "receive national      \"\" -> +49\n"
			      "receive international \"\" -> +\n"
			      "receive unknown 0  -> +49\n"
			      "receive unknown 00 -> +\n"
			      "receive any     9  -> +1\n"
			      "send +     -> \"\" international\n"
			      "send +4930 -> \"\" subscriber\n"
			      "send +49   -> \"\" national\n"
			      "send +4940 -> 040 unknown unknown\n";

static const char berlin[] = "country 49\n"
			     "area 30\n"
			     "national-prefix 0\n"
			     "international-prefix 00 010\n"
			     "short 110 112 116117\n";

static const char london[] = "country 44\n"
			     "area 20\n"
			     "national-prefix 0\n"
			     "international-prefix 00\n"
			     "short 999 112 101 111\n";

/* Ten digits everywhere. */
static const char new_york[] = "country 1\n"
			       "area none\n"
			       "national-prefix 1\n"
			       "international-prefix 011\n"
			       "short 211 311 411 511 611 711 811 911 988\n";

/* Closed, and the 0 is of the number. */
static const char rome[] = "country 39\n"
			   "area none\n"
			   "international-prefix 00\n"
			   "short 112 113 118\n";

/* The prefix for abroad begins with the one for the country. */
static const char moscow[] = "country 7\n"
			     "area 495\n"
			     "national-prefix 8\n"
			     "international-prefix 810\n"
			     "short 101 102 103 112\n";

static const char directory[] = "country 49\n"
				"area 30\n"
				"short 110 118000..118999\n";

/* Area codes are dialled, and nobody says which one this is. */
static const char nowhere[] = "country 49\n"
			      "national-prefix 0\n"
			      "international-prefix 00\n";

static const char ranges[] =
	"country 49\n"
	"area 30\n"
	"national-prefix 0\n"
	"international-prefix 00\n"
	"receive unknown 400..499 -> +4930123400..+4930123499\n"
	"receive unknown 450..459 -> +4940000090..+4940000099\n"
	"receive unknown 4 -> +441\n"
	"receive unknown 007..012 -> +49301..+49306\n"
	"receive subscriber private 20..29 -> 3020..3029\n"
	"send +4930123400..+4930123499 -> 400..499 unknown private\n"
	"send +49301..+49306 -> 007..012 abbreviated\n"
	"send 3020..3029 -> 20..29 subscriber private\n";

static const char plans[] = "receive unknown private 7 -> +497\n"
			    "receive unknown 7 -> +17\n"
			    "receive any private \"\" -> +3\n"
			    "receive any isdn \"\" -> +2\n"
			    "receive any \"\" -> +1\n"
			    "receive unknown isdn 71..72 -> 1..2\n";

/* What is written comes before what follows. */
static const char mixed[] = "country 49\n"
			    "area 30\n"
			    "national-prefix 0\n"
			    "international-prefix 00\n"
			    "short 110\n"
			    "receive any 9 -> +1\n"
			    "receive unknown 0 -> +43\n"
			    "receive national \"\" -> +41\n"
			    "receive unknown 110 -> 112\n"
			    "send +49 -> 0 unknown\n"
			    "send +493011 -> 11 network\n";

static struct leg_number number(uint8_t type, const char *digits)
{
	struct leg_number n = { .type = type, .present = true };

	snprintf(n.digits, sizeof n.digits, "%s", digits);
	return n;
}

static const struct {
	const char *plan;
	uint8_t type;
	const char *digits;
	const char *core; /* NULL: not a number */
	uint8_t npi;
} receive_vectors[] = {
	{ written, SUBSCRIBER, "5550100", "+49305550100", 1 },
	{ written, NATIONAL, "305550100", "+49305550100", 1 },
	{ written, INTERNATIONAL, "441632960000", "+441632960000", 1 },
	{ written, UNKNOWN, "00441632960000", "+441632960000", 1 },
	{ written, UNKNOWN, "0305550100", "+49305550100", 0 },
	{ written, UNKNOWN, "110", "110", 1 },
	{ written, UNKNOWN, "+49305550100", "+49305550100", 1 },
	{ written, SUBSCRIBER, "+441632960000", "+441632960000", 1 },
	/* the rule for the type beats the one for any type */
	{ written, NATIONAL, "9123", "+499123", 1 },
	{ written, UNKNOWN, "9123", "+1123", 1 },
	{ written, UNKNOWN, "*21#", "*21#", 1 },
	/* no E.164: as it is */
	{ written, SUBSCRIBER, "*21#", "*21#", 1 },
	{ written, INTERNATIONAL, "#31#", "#31#", 1 },
	{ written, UNKNOWN, "", NULL, 1 },
	{ written, UNKNOWN, "+", NULL, 1 },
	{ written, UNKNOWN, "00", NULL, 1 },
	{ written, UNKNOWN, "12a4", NULL, 1 },
	{ written, UNKNOWN, "12+4", NULL, 1 },
	/* 36 digits fit, with the prefix in front they do not */
	{ written, SUBSCRIBER, "123456789012345678901234567890123456", NULL,
	  1 },

	{ berlin, SUBSCRIBER, "5550100", "+49305550100", 1 },
	{ berlin, NATIONAL, "895550100", "+49895550100", 1 },
	{ berlin, INTERNATIONAL, "441632960000", "+441632960000", 1 },
	{ berlin, UNKNOWN, "5550100", "+49305550100", 1 },
	{ berlin, UNKNOWN, "0895550100", "+49895550100", 0 },
	{ berlin, UNKNOWN, "00441632960000", "+441632960000", 1 },
	{ berlin, UNKNOWN, "010441632960000", "+441632960000", 1 },
	{ berlin, UNKNOWN, "+12125550100", "+12125550100", 1 },
	{ berlin, UNKNOWN, "110", "110", 1 },
	{ berlin, SUBSCRIBER, "112", "112", 1 },
	{ berlin, 3, "116117", "116117", 1 },
	{ berlin, 6, "110", "110", 0 },
	{ berlin, NATIONAL, "110", "+49110", 1 },
	{ berlin, UNKNOWN, "1101", "+49301101", 1 },
	{ berlin, UNKNOWN, "11", "+493011", 1 },
	{ berlin, UNKNOWN, "0", NULL, 1 },
	{ berlin, UNKNOWN, "00", NULL, 1 },
	{ berlin, UNKNOWN, "*21#", "*21#", 1 },
	{ berlin, UNKNOWN, "*21*0305550100#", "*21*0305550100#", 1 },
	/* no habit of the country's is about private numbers */
	{ berlin, UNKNOWN, "4711", "4711", PRIVATE },
	{ berlin, SUBSCRIBER, "4711", "4711", PRIVATE },

	{ london, UNKNOWN, "02079460000", "+442079460000", 1 },
	{ london, UNKNOWN, "79460000", "+442079460000", 1 },
	{ london, SUBSCRIBER, "79460000", "+442079460000", 1 },
	{ london, NATIONAL, "1632960000", "+441632960000", 1 },
	{ london, UNKNOWN, "0012125550100", "+12125550100", 1 },
	{ london, UNKNOWN, "999", "999", 1 },

	{ new_york, UNKNOWN, "2125550100", "+12125550100", 1 },
	{ new_york, UNKNOWN, "12125550100", "+12125550100", 1 },
	{ new_york, NATIONAL, "2125550100", "+12125550100", 1 },
	{ new_york, SUBSCRIBER, "2125550100", "+12125550100", 1 },
	{ new_york, UNKNOWN, "01149305550100", "+49305550100", 1 },
	{ new_york, INTERNATIONAL, "49305550100", "+49305550100", 1 },
	{ new_york, UNKNOWN, "911", "911", 1 },
	{ new_york, UNKNOWN, "988", "988", 1 },

	{ rome, UNKNOWN, "0612345678", "+390612345678", 1 },
	{ rome, NATIONAL, "0612345678", "+390612345678", 1 },
	{ rome, UNKNOWN, "3331234567", "+393331234567", 1 },
	{ rome, UNKNOWN, "0041446681800", "+41446681800", 1 },
	{ rome, UNKNOWN, "112", "112", 1 },

	{ moscow, UNKNOWN, "88123456789", "+78123456789", 1 },
	{ moscow, UNKNOWN, "81049305550100", "+49305550100", 1 },
	{ moscow, UNKNOWN, "1234567", "+74951234567", 1 },
	{ moscow, NATIONAL, "8001234567", "+78001234567", 1 },

	{ directory, UNKNOWN, "118000", "118000", 1 },
	{ directory, SUBSCRIBER, "118765", "118765", 1 },
	{ directory, UNKNOWN, "1187650", "+49301187650", 1 },
	{ directory, UNKNOWN, "119000", "+4930119000", 1 },

	{ nowhere, UNKNOWN, "5550100", "5550100", 1 },
	{ nowhere, SUBSCRIBER, "5550100", "5550100", 1 },
	{ nowhere, UNKNOWN, "0305550100", "+49305550100", 1 },
	{ "short 110\n", UNKNOWN, "110", "110", 1 },
	{ "short 110\n", UNKNOWN, "0305550100", "0305550100", 1 },
	{ "", INTERNATIONAL, "441632960000", "+441632960000", 1 },

	{ ranges, UNKNOWN, "400", "+4930123400", 1 },
	{ ranges, UNKNOWN, "437", "+4930123437", 1 },
	{ ranges, UNKNOWN, "499", "+4930123499", 1 },
	/* the smaller one */
	{ ranges, UNKNOWN, "450", "+4940000090", 1 },
	{ ranges, UNKNOWN, "459", "+4940000099", 1 },
	{ ranges, UNKNOWN, "460", "+4930123460", 1 },
	{ ranges, UNKNOWN, "4000", "+441000", 1 },
	{ ranges, UNKNOWN, "40", "+4410", 1 },
	{ ranges, UNKNOWN, "4*0", "4*0", 1 },
	{ ranges, UNKNOWN, "500", "+4930500", 1 },
	{ ranges, UNKNOWN, "007", "+49301", 1 },
	{ ranges, UNKNOWN, "012", "+49306", 1 },
	{ ranges, UNKNOWN, "013", "+4913", 1 },
	{ ranges, SUBSCRIBER, "25", "3025", PRIVATE },
	{ ranges, SUBSCRIBER, "25", "+493025", 1 },

	{ plans, UNKNOWN, "71", "1", 1 },
	{ plans, UNKNOWN, "72", "2", 1 },
	{ plans, UNKNOWN, "73", "+173", 1 },
	{ plans, UNKNOWN, "70", "+170", 0 },
	{ plans, UNKNOWN, "71", "+4971", PRIVATE },
	{ plans, UNKNOWN, "5", "+35", PRIVATE },
	{ plans, NATIONAL, "5", "+25", 1 },
	{ plans, NATIONAL, "5", "+15", 0 },

	{ mixed, UNKNOWN, "9123", "+1123", 1 },
	{ mixed, UNKNOWN, "8123", "+49308123", 1 },
	{ mixed, UNKNOWN, "01234", "+431234", 1 },
	{ mixed, UNKNOWN, "00331234", "+331234", 1 },
	{ mixed, NATIONAL, "331234", "+41331234", 1 },
	{ mixed, UNKNOWN, "110", "112", 1 },
	{ mixed, SUBSCRIBER, "110", "110", 1 },
};

static void test_receive(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(receive_vectors); i++) {
		struct conf *conf = numbering_conf(receive_vectors[i].plan);
		struct leg_number in = number(receive_vectors[i].type,
					      receive_vectors[i].digits);
		char core[NUMBERING_CORE_MAX] = "";
		int err;

		in.plan = receive_vectors[i].npi;
		err = numbering_receive(conf->numberings, &in, core, NULL);
		if (receive_vectors[i].core) {
			assert_int_equal(err, 0);
			assert_string_equal(core, receive_vectors[i].core);
		} else {
			assert_int_equal(err, -EINVAL);
		}
		conf_free(conf);
	}
}

static void test_receive_without_plan(void **state)
{
	struct leg_number in = number(INTERNATIONAL, "441632960000");
	char core[NUMBERING_CORE_MAX];

	(void)state;
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), 0);
	assert_string_equal(core, "+441632960000");
	in = number(NATIONAL, "1632960000");
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), 0);
	assert_string_equal(core, "1632960000");
	in.present = false;
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), -EINVAL);
}

#define DIALLED "send-as dialled\n"

static const char berlin_dialled[] = "country 49\n"
				     "area 30\n"
				     "national-prefix 0\n"
				     "international-prefix 00 010\n"
				     "short 110 112 116117\n" DIALLED;
static const char new_york_dialled[] = "country 1\n"
				       "area none\n"
				       "national-prefix 1\n"
				       "international-prefix 011\n"
				       "short 911\n" DIALLED;
static const char rome_dialled[] = "country 39\n"
				   "area none\n"
				   "international-prefix 00\n" DIALLED;
/* What is dialled for +441 is a short number here. */
static const char at_odds[] = "country 49\n"
			      "area 30\n"
			      "international-prefix 00\n"
			      "short 00441\n" DIALLED;
/* An exchange that says "international" of everything. */
static const char odd_exchange[] = "country 49\n"
				   "area 30\n"
				   "receive international \"\" -> +4930\n";

static const char berlin_e164[] = "country 49\n"
				  "area 30\n"
				  "send-as e164\n"
				  "short 110\n";

static const struct {
	const char *plan;
	const char *core, *digits; /* digits NULL: not sent */
	uint8_t type, npi;
} send_vectors[] = {
	{ written, "+49305550100", "5550100", SUBSCRIBER, 1 },
	{ written, "+49891234", "891234", NATIONAL, 1 },
	{ written, "+441632960000", "441632960000", INTERNATIONAL, 1 },
	{ written, "+4940123", "040123", UNKNOWN, 0 },
	{ written, "110", "110", UNKNOWN, 1 },
	/* Never sent as it is: that would be somebody else's number. */
	{ written, "+4930", NULL, 0, 0 },
	{ "send +49 -> 01033001049 national",
	  "+490000000000000000000000000000000000", NULL, 0, 0 },

	{ berlin, "+49305550100", "5550100", SUBSCRIBER, 1 },
	{ berlin, "+49895550100", "895550100", NATIONAL, 1 },
	{ berlin, "+441632960000", "441632960000", INTERNATIONAL, 1 },
	{ berlin, "110", "110", UNKNOWN, 1 },
	{ berlin, "116117", "116117", UNKNOWN, 1 },
	/* as a local number it would be the police */
	{ berlin, "+4930110", "30110", NATIONAL, 1 },
	{ berlin, "+4930", "30", NATIONAL, 1 },
	{ berlin, "+49", "49", INTERNATIONAL, 1 },
	{ berlin, "+", NULL, 0, 0 },
	{ berlin, "*21#", "*21#", UNKNOWN, 1 },
	/* would be +49304711 there */
	{ berlin, "4711", NULL, 0, 0 },
	{ nowhere, "4711", "4711", UNKNOWN, 1 },
	{ directory, "118042", "118042", UNKNOWN, 1 },
	{ directory, "119042", NULL, 0, 0 },
	{ directory, "+4930118042", "30118042", NATIONAL, 1 },

	{ london, "+442079460000", "79460000", SUBSCRIBER, 1 },
	{ london, "+441632960000", "1632960000", NATIONAL, 1 },
	{ new_york, "+12125550100", "2125550100", NATIONAL, 1 },
	{ new_york, "+49305550100", "49305550100", INTERNATIONAL, 1 },
	{ new_york, "911", "911", UNKNOWN, 1 },
	{ rome, "+390612345678", "0612345678", NATIONAL, 1 },
	{ rome, "+41446681800", "41446681800", INTERNATIONAL, 1 },
	{ moscow, "+78001234567", "8001234567", NATIONAL, 1 },

	{ berlin_dialled, "+49305550100", "5550100", UNKNOWN, 1 },
	{ berlin_dialled, "+49895550100", "0895550100", UNKNOWN, 1 },
	{ berlin_dialled, "+441632960000", "00441632960000", UNKNOWN, 1 },
	{ berlin_dialled, "112", "112", UNKNOWN, 1 },
	{ berlin_dialled, "+4930110", "030110", UNKNOWN, 1 },
	/* 0895... would be Munich's */
	{ berlin_dialled, "+49300895550100", "0300895550100", UNKNOWN, 1 },
	{ new_york_dialled, "+12125550100", "12125550100", UNKNOWN, 1 },
	{ new_york_dialled, "+49305550100", "01149305550100", UNKNOWN, 1 },
	{ rome_dialled, "+390612345678", "0612345678", UNKNOWN, 1 },
	{ rome_dialled, "+49305550100", "0049305550100", UNKNOWN, 1 },
	{ at_odds, "+441", NULL, 0, 0 },
	{ at_odds, "+442", "00442", UNKNOWN, 1 },
	{ odd_exchange, "+442", "442", INTERNATIONAL, 1 },
	{ odd_exchange, "+49305550100", "5550100", SUBSCRIBER, 1 },
	{ berlin_e164, "+49305550100", "49305550100", INTERNATIONAL, 1 },
	{ berlin_e164, "110", "110", UNKNOWN, 1 },

	{ ranges, "+4930123437", "437", UNKNOWN, PRIVATE },
	{ ranges, "+49301234370", "1234370", SUBSCRIBER, 1 },
	{ ranges, "+4930123500", "123500", SUBSCRIBER, 1 },
	{ ranges, "+49304", "010", 6, 1 },
	{ ranges, "3021", "21", SUBSCRIBER, PRIVATE },

	{ mixed, "+49895550100", "0895550100", UNKNOWN, 1 },
	{ mixed, "+49305550100", "5550100", SUBSCRIBER, 1 },
	{ mixed, "+4930115", "115", 3, 1 },
	{ mixed, "+4989", "089", UNKNOWN, 1 },
};

static void test_send(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(send_vectors); i++) {
		struct conf *conf = numbering_conf(send_vectors[i].plan);
		struct leg_number out = { .present = true };
		int err = numbering_send(conf->numberings, send_vectors[i].core,
					 &out, NULL);

		if (send_vectors[i].digits) {
			assert_int_equal(err, 0);
			assert_true(out.present);
			assert_string_equal(out.digits, send_vectors[i].digits);
			assert_int_equal(out.type, send_vectors[i].type);
			assert_int_equal(out.plan, send_vectors[i].npi);
		} else {
			assert_int_equal(err, -EINVAL);
			assert_false(out.present);
		}
		conf_free(conf);
	}
}

/* SIP has no types: what means little without one is not sent to a peer. */
static const struct {
	const char *plan, *core, *digits;
} peer_vectors[] = {
	{ berlin, "+49305550100", "+49305550100" },
	{ berlin, "110", "110" },
	{ berlin, "4711", "4711" },
	{ berlin_e164, "+49305550100", "+49305550100" },
	{ berlin_dialled, "+49305550100", "5550100" },
	{ berlin_dialled, "+441632960000", "00441632960000" },
	{ written, "+49305550100", "5550100" },
	{ mixed, "+49895550100", "0895550100" },
	{ "send +44 -> 0044 unknown", "+49305550100", "+49305550100" },
};

static void test_send_to_peer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(peer_vectors); i++) {
		struct conf *conf = numbering_conf(peer_vectors[i].plan);
		const struct conf_peer peer = { .numbering = conf->numberings };
		const struct conf_target to = { .peer = &peer };
		struct leg_number out = { .present = false };

		assert_int_equal(numbering_send_to(&to, peer_vectors[i].core,
						   &out, NULL),
				 0);
		assert_string_equal(out.digits, peer_vectors[i].digits);
		conf_free(conf);
	}
}

/* Who asks how a number came about is told the line. */
static void test_rule_told(void **state)
{
	struct conf *conf = numbering_conf(mixed);
	const struct conf_numbering *plan = conf->numberings;
	const struct conf_number_rule *used;
	struct leg_number in = number(UNKNOWN, "01234"), out;
	char core[NUMBERING_CORE_MAX];

	(void)state;
	numbering_receive(plan, &in, core, &used);
	assert_ptr_equal(used, &plan->receive[1]);
	assert_false(used->usual);
	in = number(UNKNOWN, "001234");
	numbering_receive(plan, &in, core, &used);
	assert_true(used->usual);
	assert_int_equal(used->place.line, 6);
	in = number(UNKNOWN, "+1234");
	numbering_receive(plan, &in, core, &used);
	assert_null(used);
	numbering_send(plan, "+4989", &out, &used);
	assert_ptr_equal(used, &plan->send[0]);
	numbering_send(plan, "+49305", &out, &used);
	assert_true(used->usual);
	numbering_send(plan, "*21#", &out, &used);
	assert_null(used);
	conf_free(conf);
}

static uint32_t next_random(uint32_t *seed)
{
	/* Marsaglia's xorshift: the same numbers on every machine */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void random_digits(uint32_t *seed, char *out, size_t most)
{
	size_t count = 1 + next_random(seed) % most;

	for (size_t i = 0; i < count; i++)
		/* Few digits: they are to meet prefixes and short numbers. */
		out[i] = "0011234790"[next_random(seed) % 10];
	out[count] = '\0';
}

static void random_core(uint32_t *seed, const char *country, char *out)
{
	char digits[16];

	random_digits(seed, digits, 13);
	switch (next_random(seed) % 4) {
	case 0: snprintf(out, NUMBERING_CORE_MAX, "+%s", digits); break;
	case 1: snprintf(out, NUMBERING_CORE_MAX, "%s", digits); break;
	default: snprintf(out, NUMBERING_CORE_MAX, "+%s%s", country, digits);
	}
}

/* Counts the numbers of `count` that were accepted: each came back. */
static unsigned there_and_back(const struct conf_numbering *plan,
			       uint32_t *seed, unsigned count)
{
	unsigned accepted = 0;

	while (count--) {
		char core[NUMBERING_CORE_MAX], back[NUMBERING_CORE_MAX];
		char prefix[20];
		struct leg_number wire;

		snprintf(prefix, sizeof prefix, "%.4s%.8s", plan->country,
			 next_random(seed) % 2 ? plan->area : "");
		random_core(seed, prefix, core);
		if (numbering_send(plan, core, &wire, NULL))
			continue;
		accepted++;
		assert_int_equal(numbering_receive(plan, &wire, back, NULL), 0);
		if (strcmp(back, core))
			print_error("%s -> %s type %u -> %s\n", core,
				    wire.digits, wire.type, back);
		assert_string_equal(back, core);
	}
	return accepted;
}

static void test_identity(void **state)
{
	static const char *const texts[] = {
		berlin,	   london,	   new_york,	     rome,
		moscow,	   berlin_dialled, new_york_dialled, rome_dialled,
		nowhere,   berlin_e164,	   "short 110 *21#", "",
		directory,
	};
	uint32_t seed = 0x70119a7e;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct conf *conf = numbering_conf(texts[i]);

		assert_true(there_and_back(conf->numberings, &seed, 20000) >
			    8000);
		conf_free(conf);
	}
}

/* A country as it might be: any prefixes, any short numbers. */
static void random_country(uint32_t *seed, FILE *out)
{
	static const char *const codes[] = { "1", "7", "49", "39", "234" };
	char digits[16], area[16];
	unsigned dice = next_random(seed);

	fprintf(out, "country %s\n", codes[next_random(seed) % 5]);
	random_digits(seed, area, 3);
	random_digits(seed, digits, 2);
	if (dice & 1)
		fprintf(out, "international-prefix %s\n", digits);
	if (dice & 1 && dice & 2)
		fprintf(out, "send-as dialled\n");
	if (dice & 12)
		fprintf(out, "area %s\n", dice & 4 ? area : "none");
	strcat(digits, "1");
	/* Which does not begin with the prefix for abroad, see above. */
	digits[0] = digits[0] == '2' ? '3' : '2';
	if (dice & 16 && strncmp(area, digits, strlen(digits)) != 0)
		fprintf(out, "national-prefix %s\n", digits);
	for (unsigned i = 0; i < 4; i++)
		fprintf(out, "short 1%u%u\n", i, next_random(seed) % 1000);
}

/* Written rules that mirror each other, as a PBX of many sites has them: each
 * site a prefix of its own, and ranges. */
static void random_mirror(uint32_t *seed, FILE *out)
{
	unsigned first = next_random(seed) % 10;

	for (unsigned i = 0; i < 10; i++) {
		unsigned site = (i + first) % 10;
		unsigned size = 1 + next_random(seed) % 90;

		fprintf(out, "receive subscriber 8%u -> +%u%u\n", i, 20 + site,
			site);
		fprintf(out, "send +%u%u -> 8%u subscriber\n", 20 + site, site,
			i);
		fprintf(out, "receive network 6%u00..6%u%02u -> ", i, i, size);
		fprintf(out, "+%u%u7700..+%u%u77%02u\n", 20 + site, site,
			20 + site, site, size);
		fprintf(out, "send +%u%u7700..+%u%u77%02u -> ", 20 + site, site,
			20 + site, site, size);
		fprintf(out, "6%u00..6%u%02u network\n", i, i, size);
	}
}

static void test_identity_of_random_plans(void **state)
{
	uint32_t seed = 0x5eed;
	unsigned accepted = 0;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		struct conf *conf;

		if (i % 4 != 3)
			random_country(&seed, out);
		if (i % 4 >= 2)
			random_mirror(&seed, out);
		fclose(out);
		conf = numbering_conf(text);
		accepted += there_and_back(conf->numberings, &seed, 500);
		conf_free(conf);
		free(text);
	}
	assert_true(accepted > 100000);
}

/* What arrives, sent on the way it came, arrives as the same again. */
static void test_what_arrived_goes_back(void **state)
{
	static const char *const texts[] = { berlin, london, new_york,
					     rome,   moscow, berlin_dialled };
	uint32_t seed = 0xc0ffee;

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		static struct conf *conf;
		char core[NUMBERING_CORE_MAX], again[NUMBERING_CORE_MAX];
		struct leg_number in = { .present = true }, out;

		if (i % 10000 == 0) {
			conf_free(conf);
			conf = numbering_conf(texts[i / 10000]);
		}
		random_digits(&seed, in.digits, 14);
		in.type = (uint8_t)(next_random(&seed) % 8);
		in.plan = next_random(&seed) % 2;
		if (numbering_receive(conf->numberings, &in, core, NULL) ||
		    numbering_send(conf->numberings, core, &out, NULL))
			continue;
		assert_int_equal(numbering_receive(conf->numberings, &out,
						   again, NULL),
				 0);
		assert_string_equal(again, core);
		if (i == 59999)
			conf_free(conf);
	}
}

/* The index against a look at every rule. */
static const struct conf_number_rule *
look_at_all(const struct conf_numbering *plan, const char *core)
{
	const struct conf_number_rule *best = NULL;
	size_t best_rank = 0;

	for (size_t i = 0; i < plan->send_count; i++) {
		const struct conf_number_rule *rule = &plan->send[i];
		size_t rank = 1 + strlen(rule->from);

		if (*rule->last) {
			if (strlen(core) != strlen(rule->from) ||
			    strcmp(core, rule->from) < 0 ||
			    strcmp(core, rule->last) > 0)
				continue;
			rank = 100000 - (size_t)(atoi(rule->last + 1) -
						 atoi(rule->from + 1));
		} else if (strncmp(core, rule->from, strlen(rule->from)) != 0) {
			continue;
		}
		if (rank > best_rank) {
			best = rule;
			best_rank = rank;
		}
	}
	return best;
}

static void test_index_is_exact(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf *conf;
	uint32_t seed = 77;

	(void)state;
	for (unsigned i = 1; i < 2000; i += 3)
		fprintf(out, "send +%u -> 0 unknown\n", i);
	for (unsigned i = 10; i < 60; i++)
		fprintf(out, "send +%u00..+%u99 -> 100..199 unknown\n", i, i);
	for (unsigned i = 10; i < 60; i += 2)
		fprintf(out, "send +%u20..+%u59 -> 100..139 unknown\n", i, i);
	for (unsigned i = 10; i < 60; i += 4)
		fprintf(out, "send +%u30..+%u30 -> 1..1 unknown\n", i, i);
	fclose(out);
	conf = numbering_conf(text);
	free(text);
	for (unsigned i = 0; i < 20000; i++) {
		char core[16];
		struct leg_number wire;
		const struct conf_number_rule *used;

		snprintf(core, sizeof core, "+%u",
			 1 + next_random(&seed) % (i % 2 ? 9999 : 99999));
		numbering_send(conf->numberings, core, &wire, &used);
		assert_ptr_equal(used, look_at_all(conf->numberings, core));
	}
	conf_free(conf);
}

/* A list as long as a carrier's, and a look-up that does not walk it. */
static void test_many_rules(void **state)
{
	enum { RULES = 50000, LOOKUPS = 200000 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf *conf;
	uint64_t began;
	char core[NUMBERING_CORE_MAX];

	(void)state;
	fputs("country 49\narea 30\n", out);
	for (unsigned i = 0; i < RULES; i++)
		fprintf(out, "receive national 7%05u -> +499%05u\n", i, i);
	fclose(out);
	began = clock_now_ms();
	conf = numbering_conf(text);
	print_message("%d rules: %u ms\n", RULES,
		      (unsigned)(clock_now_ms() - began));
	began = clock_now_ms();
	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct leg_number in = number(NATIONAL, "7");

		snprintf(in.digits, sizeof in.digits, "7%05u1",
			 i * 7919 % RULES);
		assert_int_equal(numbering_receive(conf->numberings, &in, core,
						   NULL),
				 0);
		assert_int_equal(core[3], '9');
	}
	began = clock_now_ms() - began;
	print_message("%d look-ups: %u ms\n", LOOKUPS, (unsigned)began);
	/* One by one they would take 20 s. */
	assert_true(began < 2000);
	conf_free(conf);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_receive_without_plan),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_to_peer),
		cmocka_unit_test(test_rule_told),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_of_random_plans),
		cmocka_unit_test(test_what_arrived_goes_back),
		cmocka_unit_test(test_index_is_exact),
		cmocka_unit_test(test_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
