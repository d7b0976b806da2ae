/* The first configuration that `tollgate setup` writes, read back by what reads
 * configurations. */
#include "gateway/route.h"
#include "media/tones.h"
#include "tests/sample_route.h"
#include "tests/sample_setup.h"

#include <arpa/inet.h>

#define EXPECTED "tests/conf/setup_e1.conf"

/* Writes for what DAHDI has, and reads it. */
static struct conf *written(struct fixture *f)
{
	struct dahdi_scan *s = scan();
	struct conf *conf = NULL;
	FILE *out = begin(f);

	setup_write(out, &f->machine, s);
	end(f, out);
	dahdi_scan_free(s);
	if (conf_parse(&conf, "setup", f->text, f->len, stderr) < 0)
		fail_msg("refused:\n%s", f->text);
	return conf;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void machine_of_berlin(struct fixture *f)
{
	strcpy(f->machine.address, "203.0.113.5");
	strcpy(f->machine.interface, "eth0");
	strcpy(f->machine.zone, "de");
}

static void test_one_e1(void **state)
{
	struct fixture *f = *state;
	char expected[8192];
	struct conf *conf;
	FILE *file;
	size_t len;

	machine_of_berlin(f);
	strcpy(f->machine.other_addresses, "10.0.0.2 (eth1)");
	strcpy(fake_dahdi.span[1].name, "TE2/0/1");
	strcpy(fake_dahdi.span[1].description, "T2XXP (PCI) Card 0 Span 1");
	strcpy(fake_dahdi.span[1].location, "PCI Bus 04 Slot 09");
	conf = written(f);
	assert_int_equal(conf->span_count, 1);
	assert_int_equal(conf->spans[0].number, 1);
	assert_int_equal(conf->spans[0].device, CONF_DEVICE_DAHDI);
	assert_int_equal(conf->spans[0].dahdi, CONF_DAHDI_NUMBER);
	assert_int_equal(conf->spans[0].device_span, 1);
	assert_int_equal(conf->spans[0].channels, 0xfffefffe);
	assert_int_equal(conf->spans[0].dchannel, 16);
	assert_int_equal(conf->spans[0].law, G711_ALAW);
	assert_int_equal(conf->peers[0].codecs[0], G711_ALAW);
	conf_free(conf);
	file = fopen(EXPECTED, "r");
	assert_non_null(file);
	len = fread(expected, 1, sizeof expected - 1, file);
	expected[len] = '\0';
	fclose(file);
	assert_string_equal(f->text, expected);
}

static void test_four_e1(void **state)
{
	struct fixture *f = *state;
	struct conf *conf;

	machine_of_berlin(f);
	for (int n = 1; n <= 4; n++)
		fake_dahdi.span[n].there = true;
	/* Half a line: 15 channels. */
	for (int t = 17; t <= 31; t++)
		fake_dahdi.span[3].channel[t].signalling = DAHDI_SIG_NONE;
	conf = written(f);
	assert_int_equal(conf->span_count, 4);
	assert_int_equal(conf->trunk_count, 1);
	assert_int_equal(conf->trunks[0].member_count, 4);
	for (unsigned n = 1; n <= 4; n++) {
		assert_int_equal(conf->spans[n - 1].number, n);
		assert_int_equal(conf->spans[n - 1].device_span, n);
		assert_int_equal(conf->spans[n - 1].channels,
				 n == 3 ? 0xfffe : 0xfffefffe);
	}
	assert_int_equal(count(f->text, "{ like span 1  device"), 2);
	conf_free(conf);
}

static void make_t1(unsigned span)
{
	struct fake_span *fs = &fake_dahdi.span[span];

	fs->there = true;
	fs->timeslots = 24;
	fs->channel[16].signalling = DAHDI_SIG_CLEAR;
	fs->channel[24].signalling = DAHDI_SIG_HDLCFCS;
}

static void test_t1(void **state)
{
	struct fixture *f = *state;
	struct conf *conf;

	strcpy(f->machine.zone, "us");
	make_t1(1);
	make_t1(2);
	conf = written(f);
	assert_int_equal(conf->span_count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(conf->spans[i].line, LINE_TYPE_T1);
		assert_int_equal(conf->spans[i].protocol, LINE_NI2);
		assert_int_equal(conf->spans[i].channels, 0xfffffe);
		assert_int_equal(conf->spans[i].dchannel, 24);
		assert_int_equal(conf->spans[i].law, G711_ULAW);
	}
	assert_int_equal(conf->peers[0].codecs[0], G711_ULAW);
	assert_string_equal(conf->gateway.tones, "us");
	conf_free(conf);
	/* Of both kinds. */
	fake_dahdi.span[3].there = true;
	*f->machine.zone = '\0';
	conf = written(f);
	assert_int_equal(conf->span_count, 3);
	assert_int_equal(conf->spans[2].line, LINE_TYPE_E1);
	assert_int_equal(conf->trunks[0].member_count, 3);
	assert_string_equal(conf->gateway.tones, "de");
	conf_free(conf);
	/* A country for a T1 that nothing tells of. */
	fake_dahdi.span[3].there = false;
	conf = written(f);
	assert_string_equal(conf->gateway.tones, "us");
	conf_free(conf);
}

/* A D channel elsewhere, and one of several. */
static void test_dchannels(void **state)
{
	struct fixture *f = *state;
	struct fake_channel *channel = fake_dahdi.span[1].channel;
	struct conf *conf;

	channel[5].signalling = DAHDI_SIG_HDLCFCS;
	channel[31].signalling = DAHDI_SIG_HDLCFCS;
	conf = written(f);
	assert_int_equal(conf->spans[0].dchannel, 16);
	assert_int_equal(conf->spans[0].channels, 0x7ffeffde);
	channel[5].signalling = DAHDI_SIG_CLEAR;
	conf_free(conf);
	channel[16].signalling = DAHDI_SIG_CLEAR;
	conf = written(f);
	assert_int_equal(conf->spans[0].dchannel, 31);
	assert_int_equal(conf->spans[0].channels, 0x7ffffffe);
	conf_free(conf);
}

/* What cannot be used is told of, and does no harm. */
static void test_spans_left_out(void **state)
{
	struct fixture *f = *state;
	struct conf *conf;

	for (int n = 1; n <= 4; n++)
		fake_dahdi.span[n].there = true;
	for (int t = 1; t <= 31; t++)
		fake_dahdi.span[1].channel[t].signalling = DAHDI_SIG_NONE;
	fake_dahdi.span[2].channel[16].signalling = DAHDI_SIG_CAS;
	make_t1(4);
	strcpy(fake_dahdi.span[4].type, "J1");
	conf = written(f);
	assert_int_equal(conf->span_count, 1);
	assert_int_equal(conf->spans[0].number, 3);
	assert_int_equal(conf->trunks[0].member_count, 1);
	assert_said(f, "DAHDI span 1 is not used. dahdi_cfg has not");
	assert_said(f, "DAHDI span 2 is not used. It has no D channel: "
		       "timeslot 16, which is channel 47,");
	assert_said(f, "DAHDI span 4 is not used. It is no primary rate");
	conf_free(conf);
}

/* Drivers' texts can end neither a comment nor a text. */
static void test_hostile_texts(void **state)
{
	struct fixture *f = *state;
	struct fake_span *fs = &fake_dahdi.span[1];
	struct conf *conf;

	strcpy(fs->name, "a\nspan 9 {");
	memset(fs->description, '\xff', sizeof fs->description);
	strcpy(fs->location, "x\" span 1\n");
	conf = written(f);
	assert_int_equal(conf->span_count, 1);
	assert_null(strstr(f->text, "location"));
	conf_free(conf);
	/* By its place, if the place can be written. */
	strcpy(fs->location, "PCI Bus 04 Slot 09");
	conf = written(f);
	assert_non_null(strstr(f->text, "#   device    dahdi location \"PCI "
					"Bus 04 Slot 09\" span 1\n"));
	conf_free(conf);
}

/* Lines that nobody but the operator can know are marked; no other ones. */
static void test_marks(void **state)
{
	static const char *const sure[] = {
		"  listen ",
		"  advertise ",
		"  server ",
		"  area  ",
	};
	struct fixture *f = *state;
	struct conf *conf;

	machine_of_berlin(f);
	conf = written(f);
	conf_free(conf);
	assert_int_equal(count(f->text, "# CHANGE: "), 4);
	for (size_t i = 0; i < sizeof sure / sizeof *sure; i++) {
		const char *line = strstr(f->text, sure[i]);

		assert_non_null(line);
		assert_non_null(memmem(line, strcspn(line, "\n"), "CHANGE", 4));
	}
	/* A country is no more than a guess. */
	*f->machine.zone = '\0';
	conf = written(f);
	conf_free(conf);
	assert_int_equal(count(f->text, "# CHANGE: "), 10);
	assert_said(f, "names a country that is known here");
}

static void test_addresses(void **state)
{
	struct fixture *f = *state;
	char text[80];
	struct conf *conf = written(f);

	conf_format_address(&conf->gateway.listen, text, sizeof text);
	assert_string_equal(text, "127.0.0.1:5060");
	assert_said(f, "CHANGE: there is only loopback");
	conf_free(conf);
	strcpy(f->machine.address, "2001:db8::1");
	f->machine.ipv6 = true;
	conf = written(f);
	conf_format_address(&conf->gateway.listen, text, sizeof text);
	assert_string_equal(text, "[2001:db8::1]:5060");
	assert_int_equal(conf->peers[0].server.ss_family, AF_INET6);
	conf_free(conf);
}

/* What the country is guessed from. */
static void test_guesses(void **state)
{
	static const struct {
		const char *zone, *locale, *tones, *says;
	} rows[] = {
		{ "fr", "de_DE.UTF-8", "fr", "by loadzone" },
		/* What dahdi_genconf writes for want of anything better. */
		{ "us", "nl_NL", "nl", "(LANG)" },
		{ "us", "C.UTF-8", "de", "placeholder" },
		{ "", "en_GB.UTF-8", "uk", "(LANG)" },
		{ "", "de_AT@euro", "at", "(LANG)" },
		{ "zz", "xx_ZZ", "de", "placeholder" },
		{ "", "_", "de", "placeholder" },
		{ "", "de_DEU", "de", "placeholder" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct conf *conf;

		strcpy(f->machine.zone, rows[i].zone);
		strcpy(f->machine.locale, rows[i].locale);
		conf = written(f);
		assert_string_equal(conf->gateway.tones, rows[i].tones);
		assert_said(f, rows[i].says);
		conf_free(conf);
	}
}

static const char *core_of(const struct conf *conf, const char *digits)
{
	static char core[ROUTE_CORE_MAX];
	struct leg_number number = { .present = true };

	snprintf(number.digits, sizeof number.digits, "%s", digits);
	assert_int_equal(numbering_receive(conf->peers[0].numbering, &number,
					   core, NULL),
			 0);
	return core;
}

static const char *sent_as(const struct conf *conf, const char *digits,
			   unsigned *type)
{
	static struct route_result out;
	struct leg_setup in = { .called = { .present = true } };

	snprintf(in.called.digits, sizeof in.called.digits, "%s", digits);
	strcpy(in.from, "pbx");
	if (route_call(conf, &in, &sample_moment, &out) < 0 ||
	    !route_target(&out))
		return NULL;
	*type = out.out.called.type;
	return out.out.called.digits;
}

static void expect_sent(const struct conf *conf, const char *dialled,
			const char *digits, unsigned type)
{
	unsigned got_type = 99;
	const char *got = sent_as(conf, dialled, &got_type);

	assert_non_null(got);
	assert_string_equal(got, digits);
	assert_int_equal(got_type, type);
}

/* Types of number, Q.931 4.5.8. */
enum { UNKNOWN = 0, INTERNATIONAL = 1, NATIONAL = 2, SUBSCRIBER = 4 };

static void check_country(const struct setup_country *c,
			  const struct conf *conf)
{
	char dialled[64], core[64], list[64];

	snprintf(dialled, sizeof dialled, "%s99812345", c->international);
	assert_string_equal(core_of(conf, dialled), "+99812345");
	expect_sent(conf, dialled, "99812345", INTERNATIONAL);
	if (*c->trunk || c->bare) {
		snprintf(dialled, sizeof dialled, "%s7654321", c->trunk);
		snprintf(core, sizeof core, "+%s7654321", c->code);
		assert_string_equal(core_of(conf, dialled), core);
		expect_sent(conf, dialled, "7654321", NATIONAL);
	}
	if (*c->area) {
		snprintf(core, sizeof core, "+%s%s7654321", c->code, c->area);
		assert_string_equal(core_of(conf, "7654321"), core);
		expect_sent(conf, "7654321", "7654321", SUBSCRIBER);
	}
	strcpy(list, c->emergency);
	for (char *n = strtok(list, " "); n; n = strtok(NULL, " "))
		expect_sent(conf, n, n, UNKNOWN);
	if (*c->premium) {
		unsigned type;

		snprintf(dialled, sizeof dialled, "+%s%.*s12345", c->code,
			 (int)strcspn(c->premium, " "), c->premium);
		assert_null(sent_as(conf, dialled, &type));
	}
}

/* Every country's numbers come out right, and its tones are there. */
static void test_countries(void **state)
{
	struct fixture *f = *state;
	const struct setup_country *c;

	for (unsigned i = 0; (c = setup_country_row(i)); i++) {
		struct conf *conf;

		snprintf(f->machine.locale, sizeof f->machine.locale,
			 "en_%s.UTF-8", c->iso);
		conf = written(f);
		assert_string_equal(conf->gateway.tones, c->zone);
		assert_true(tone_zone_known(c->zone));
		assert_non_null(setup_country_of_zone(c->zone));
		check_country(c, conf);
		conf_free(conf);
	}
	assert_string_equal(setup_country_of_zone("us")->iso, "US");
}

/* Calls from the line come to the PBX, whatever number they are for. */
static void test_from_the_line(void **state)
{
	struct fixture *f = *state;
	struct conf *conf;
	struct route_result out;
	struct leg_setup in = { .called = { .present = true,
					    .type = SUBSCRIBER } };

	machine_of_berlin(f);
	conf = written(f);
	strcpy(in.from, "pstn");
	strcpy(in.called.digits, "5550100");
	assert_int_equal(route_call(conf, &in, &sample_moment, &out), 0);
	assert_string_equal(route_target(&out)->peer->name, "pbx");
	assert_string_equal(out.called, "+49305550100");
	conf_free(conf);
}

static void test_virtual(void **state)
{
	struct fixture *f = *state;
	struct conf *conf = NULL;
	FILE *out = begin(f);

	setup_write_virtual(out);
	end(f, out);
	assert_int_equal(conf_parse(&conf, "v", f->text, f->len, stderr), 0);
	assert_int_equal(conf->spans[0].device, CONF_DEVICE_VIRTUAL);
	assert_string_equal(conf->spans[0].socket, "run/exchange.sock");
	expect_sent(conf, "+49305550101", "5550101", SUBSCRIBER);
	expect_sent(conf, "0305550101", "5550101", SUBSCRIBER);
	/* It is to work as it is. */
	assert_null(strstr(f->text, "CHANGE"));
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_one_e1),
		T(test_four_e1),
		T(test_t1),
		T(test_dchannels),
		T(test_spans_left_out),
		T(test_hostile_texts),
		T(test_marks),
		T(test_addresses),
		T(test_guesses),
		T(test_countries),
		T(test_from_the_line),
		T(test_virtual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
