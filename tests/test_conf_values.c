/* Every setting: what it means, in full, in part and left out. */
#include "tests/sample_conf.h"

#include "gateway/log.h"

static const char everything[] =
	"gateway berlin1 {\n"
	"  listen 192.0.2.1 5070\n  advertise 203.0.113.5\n"
	"  rtp-ports 20000-20999\n  jitter-buffer 80ms\n"
	"  control run/c.sock\n  call-records run/c.jsonl\n"
	"  media-workers 3\n  retry-after 2min\n"
	"  rtp-timeout 45s\n  drain-timeout 2min\n  tones de }\n"
	"log {\n  level debug\n  to stderr syslog\n}\n"
	"route from pbx {\n"
	"  110 112 -> city\n  +49 -> city pbx, carrier\n"
	"  +441 -> pbx, city retry-on 1 63 64 127 404 699 timeout\n"
	"  +49900 -> reject 403 \"barred\"\n  otherwise -> reject 480\n}\n"
	"sip-peer pbx {\n"
	"  server 192.0.2.20 5080 udp\n"
	"  accept-from 192.0.2.20 198.51.100.0/28\n"
	"  accept-from 2001:db8::/32\n"
	"  codecs ulaw alaw\n  ptime 30ms\n  numbering b\n"
	"  trust yes\n  dtmf inband\n  hold tone\n"
	"  keepalive options every 15s down-after 3 up-after 2\n"
	"  limit 120 calls 10 calls/s\n}\n"
	"trunk-group city { members span 7, span 3\n  hunt round-robin\n  "
	"numbering a\n}\n"
	"span 3 { device virtual run/x.sock span 2\n"
	"  channels 1-3 20 d-channel 16\n  channel-selection exclusive\n"
	"  restart never\n"
	"  echo hardware tail 64ms\n"
	"  gain receive -3.5dB transmit +2dB\n"
	"  timers t200 2s t203 11s t301 90s t303 5s t305 31s t308 6s t309 7s "
	"t310 30s t313 8s\n}\n"
	"span 7 { like span 3 device virtual run/x.sock span 3 }\n"
	"numbering a {\n"
	"  receive national 0 -> +49\n  receive any \"\" -> +\n"
	"  send +49 -> 0 national\n  send + -> \"\" abbreviated private\n}\n"
	"numbering b { }\n"
	"sip-peer carrier { server 192.0.2.21 }\n"
	"route from city { + -> carrier }\n";

static void check_gateway(const struct conf *conf)
{
	const struct conf_gateway *gw = &conf->gateway;
	char text[64];

	assert_string_equal(gw->name, "berlin1");
	conf_format_address(&gw->listen, text, sizeof text);
	assert_string_equal(text, "192.0.2.1:5070");
	conf_format_address(&gw->advertise, text, sizeof text);
	assert_string_equal(text, "203.0.113.5");
	assert_int_equal(gw->rtp_port_first, 20000);
	assert_int_equal(gw->rtp_port_last, 20999);
	assert_int_equal(gw->jitter_buffer_ms, 80);
	assert_string_equal(gw->control, "run/c.sock");
	assert_string_equal(gw->call_records, "run/c.jsonl");
	assert_int_equal(gw->media_workers, 3);
	assert_int_equal(gw->retry_after_s, 120);
	assert_int_equal(gw->drain_timeout_ms, 120000);
	assert_int_equal(gw->rtp_timeout_ms, 45000);
	assert_string_equal(gw->tones, "de");
	assert_int_equal(conf->log.level, LOG_DEBUG);
	assert_int_equal(conf->log.targets, LOG_TO_STDERR | LOG_TO_SYSLOG);
}

static void check_peer(const struct conf *conf)
{
	const struct conf_peer *peer = conf_peer_find(conf, "pbx");
	char text[64];

	assert_int_equal(conf->peer_count, 2);
	assert_ptr_equal(peer, conf->peers);
	assert_string_equal(peer->place.file, "t.conf");
	assert_int_equal(peer->place.line, 24);
	conf_format_address(&peer->server, text, sizeof text);
	assert_string_equal(text, "192.0.2.20:5080");
	assert_int_equal(peer->accept_from_count, 3);
	assert_int_equal(peer->accept_from[0].prefix_bits, 32);
	assert_int_equal(peer->accept_from[1].prefix_bits, 28);
	conf_format_address(&peer->accept_from[2].address, text, sizeof text);
	assert_string_equal(text, "[2001:db8::]");
	assert_int_equal(peer->accept_from[2].prefix_bits, 32);
	assert_int_equal(peer->codec_count, 2);
	assert_int_equal(peer->codecs[0], G711_ULAW);
	assert_int_equal(peer->codecs[1], G711_ALAW);
	assert_int_equal(peer->ptime_ms, 30);
	assert_ptr_equal(peer->numbering, &conf->numberings[1]);
	assert_true(peer->trust);
	assert_int_equal(peer->dtmf, CONF_DTMF_INBAND);
	assert_int_equal(peer->hold, CONF_HOLD_TONE);
	assert_int_equal(peer->keepalive_ms, 15000);
	assert_int_equal(peer->keepalive_down, 3);
	assert_int_equal(peer->keepalive_up, 2);
	assert_int_equal(peer->limit_calls, 120);
	assert_int_equal(peer->limit_rate, 10);
}

static void check_span(const struct conf_span *span, unsigned number,
		       unsigned device_span)
{
	assert_int_equal(span->number, number);
	assert_int_equal(span->device, CONF_DEVICE_VIRTUAL);
	assert_string_equal(span->socket, "run/x.sock");
	assert_int_equal(span->device_span, device_span);
	assert_int_equal(span->law, G711_ALAW);
	assert_false(span->network_side);
	assert_int_equal(span->channels, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 20);
	assert_int_equal(span->dchannel, 16);
	assert_int_equal(span->echo_taps, 512);
	assert_int_equal(span->receive_ddb, -35);
	assert_int_equal(span->transmit_ddb, 20);
	assert_true(span->exclusive);
	assert_false(span->restart_first_up);
	assert_int_equal(span->t200_ms, 2000);
	assert_int_equal(span->t203_ms, 11000);
	assert_int_equal(span->t301_ms, 90000);
	assert_int_equal(span->t303_ms, 5000);
	assert_int_equal(span->t305_ms, 31000);
	assert_int_equal(span->t308_ms, 6000);
	assert_int_equal(span->t309_ms, 7000);
	assert_int_equal(span->t310_ms, 30000);
	assert_int_equal(span->t313_ms, 8000);
}

static void check_trunk(const struct conf *conf)
{
	const struct conf_trunk *trunk = conf_trunk_find(conf, "city");

	assert_int_equal(conf->trunk_count, 1);
	assert_ptr_equal(trunk, conf->trunks);
	assert_int_equal(trunk->place.line, 37);
	assert_int_equal(trunk->member_count, 2);
	assert_ptr_equal(trunk->members[0], &conf->spans[1]);
	assert_ptr_equal(trunk->members[1], &conf->spans[0]);
	assert_int_equal(trunk->hunt, CONF_HUNT_ROUND_ROBIN);
	assert_ptr_equal(trunk->numbering, &conf->numberings[0]);
}

static void check_rule(const struct conf_number_rule *rule, unsigned line,
		       int type, int plan, const char *from, const char *to)
{
	assert_int_equal(rule->place.line, line);
	assert_int_equal(rule->type, type);
	assert_int_equal(rule->plan, plan);
	assert_string_equal(rule->from, from);
	assert_string_equal(rule->to, to);
}

static void check_numbering(const struct conf *conf)
{
	const struct conf_numbering *a = &conf->numberings[0];

	assert_int_equal(conf->numbering_count, 2);
	assert_string_equal(a->name, "a");
	assert_int_equal(a->receive_count, 2);
	check_rule(&a->receive[0], 51, 2, 0xff, "0", "+49");
	check_rule(&a->receive[1], 52, 0xff, 0xff, "", "+");
	assert_int_equal(a->send_count, 2);
	check_rule(&a->send[0], 53, 2, 1, "+49", "0");
	check_rule(&a->send[1], 54, 6, 9, "+", "");
	assert_string_equal(conf->numberings[1].name, "b");
	assert_int_equal(conf->numberings[1].receive_count, 0);
	assert_int_equal(conf->numberings[1].send_count, 0);
}

static void check_targets(const struct conf *conf,
			  const struct conf_route_rule *rule, const char *want)
{
	assert_int_equal(rule->action->target_count, strlen(want));
	for (size_t i = 0; i < CONF_TARGETS_MAX; i++) {
		char to = i < rule->action->target_count ? want[i] : 0;
		const struct conf_peer *peer = to == 'p'   ? &conf->peers[0]
					       : to == 'c' ? &conf->peers[1]
							   : NULL;

		assert_ptr_equal(rule->action->targets[i].trunk,
				 to == 't' ? conf->trunks : NULL);
		assert_ptr_equal(rule->action->targets[i].peer, peer);
	}
}

/* The rule for +441. */
static void check_retry(const struct conf_retry *retry)
{
	assert_non_null(retry);
	assert_true(retry->cause[0] == (UINT64_C(1) << 1 | UINT64_C(1) << 63));
	assert_true(retry->cause[1] == (UINT64_C(1) << 0 | UINT64_C(1) << 63));
	assert_int_equal(retry->status_count, 2);
	assert_int_equal(retry->status[0], 404);
	assert_int_equal(retry->status[1], 699);
	assert_true(retry->timeout);
}

static void check_route(const struct conf *conf)
{
	static const struct {
		unsigned line;
		const char *prefix;
		bool exact;
		/* t the trunk group, p and c the peers, "" nowhere */
		const char *to;
		unsigned status;
		const char *text;
	} want[] = {
		{ 18, "110", true, "t", 0, "" },
		{ 18, "112", true, "t", 0, "" },
		{ 19, "+49", false, "tpc", 0, "" },
		{ 20, "+441", false, "pt", 0, "" },
		{ 21, "+49900", false, "", 403, "barred" },
		{ 22, "", false, "", 480, "" },
	};
	const struct conf_route *route = conf->routes;

	assert_int_equal(conf->route_count, 2);
	assert_string_equal(route->from, "pbx");
	assert_int_equal(route->place.line, 17);
	assert_int_equal(route->rule_count, sizeof want / sizeof *want);
	for (size_t i = 0; i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i];

		assert_int_equal(rule->place.line, want[i].line);
		assert_string_equal(rule->called.first, want[i].prefix);
		assert_int_equal(rule->called.form == CONF_NUMBER_EXACT,
				 want[i].exact);
		check_targets(conf, rule, want[i].to);
		if (!strcmp(rule->called.first, "+441"))
			check_retry(rule->action->retry);
		else
			assert_null(rule->action->retry);
		assert_int_equal(rule->action->reject_status, want[i].status);
		assert_string_equal(rule->action->reject_text, want[i].text);
	}
}

static void every_value(void **state)
{
	char *said;
	struct conf *conf = parse(everything, &said);

	(void)state;
	if (!conf)
		fail_msg("%s", said);
	check_gateway(conf);
	check_peer(conf);
	assert_int_equal(conf->span_count, 2);
	check_span(&conf->spans[0], 3, 2);
	check_span(&conf->spans[1], 7, 3);
	check_trunk(conf);
	check_numbering(conf);
	check_route(conf);
	conf_free(conf);
	free(said);
}

/* What is not said follows the line, wherever that is said. */
static void line_decides(void **state)
{
#define SPAN "device virtual x span 1 "
	static const struct {
		const char *span;
		enum line_type line;
		enum line_protocol protocol;
		uint32_t channels;
		unsigned dchannel;
	} rows[] = {
		{ SPAN, LINE_TYPE_E1, LINE_EUROISDN, 0xfffefffe, 16 },
		{ SPAN "line t1", LINE_TYPE_T1, LINE_NI2, 0xfffffe, 24 },
		{ SPAN "protocol euroisdn side user line t1", LINE_TYPE_T1,
		  LINE_EUROISDN, 0xfffffe, 24 },
		{ SPAN "protocol ni2 side user", LINE_TYPE_E1, LINE_NI2,
		  0xfffefffe, 16 },
		{ SPAN "channels 1-10 16 line t1", LINE_TYPE_T1, LINE_NI2,
		  0x107fe, 24 },
		{ SPAN "channels 2-24 d-channel 1 line t1", LINE_TYPE_T1,
		  LINE_NI2, 0x1fffffc, 1 },
		/* Of the span above, a T1, nothing but what it says. */
		{ "like span 1 device virtual x span 2 line e1", LINE_TYPE_E1,
		  LINE_EUROISDN, 0xfffefffe, 16 },
		{ "like span 1 device virtual x span 2", LINE_TYPE_T1, LINE_NI2,
		  0xfffffe, 24 },
		/* Of one that says where its B channels are. */
		{ "like span 3 device virtual x span 2 line e1", LINE_TYPE_E1,
		  LINE_EUROISDN, 0x7fe, 16 },
		{ "like span 3 device virtual x span 2", LINE_TYPE_T1, LINE_NI2,
		  0x7fe, 24 },
	};
	static const char *const above = "span 1 { " SPAN "line t1 }\n"
					 "span 3 { device virtual x span 3 "
					 "line t1 channels 1-10 }\n";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool like = !strncmp(rows[i].span, "like", 4);
		char text[400], *said;
		struct conf *conf;
		const struct conf_span *span;

		snprintf(text, sizeof text,
			 "gateway g { listen 127.0.0.1 }\n%sspan 2 { %s }\n",
			 like ? above : "", rows[i].span);
		conf = parse(text, &said);
		if (!conf)
			fail_msg("%s", said);
		span = &conf->spans[like ? 2 : 0];
		assert_int_equal(span->line, rows[i].line);
		assert_int_equal(span->law, line_desc(rows[i].line)->law);
		assert_int_equal(span->protocol, rows[i].protocol);
		assert_int_equal(span->channels, rows[i].channels);
		assert_int_equal(span->dchannel, rows[i].dchannel);
		conf_free(conf);
		free(said);
	}
#undef SPAN
}

static void check_span_defaults(const struct conf_span *span)
{
	assert_int_equal(span->law, G711_ALAW);
	assert_int_equal(span->channels, 0xfffefffe);
	assert_int_equal(span->dchannel, 16);
	assert_int_equal(span->echo_taps, 128);
	assert_int_equal(span->receive_ddb, 0);
	assert_int_equal(span->transmit_ddb, 0);
	assert_false(span->exclusive);
	assert_true(span->restart_first_up);
	assert_int_equal(span->t200_ms, 1000);
	assert_int_equal(span->t203_ms, 10000);
	assert_int_equal(span->t301_ms, 180000);
	assert_int_equal(span->t303_ms, 4000);
	assert_int_equal(span->t305_ms, 30000);
	assert_int_equal(span->t308_ms, 4000);
	assert_int_equal(span->t309_ms, 90000);
	assert_int_equal(span->t310_ms, 60000);
	assert_int_equal(span->t313_ms, 4000);
}

/* "like" leaves nothing of another span's device behind. */
static void every_name_of_a_card(void **state)
{
	static const char spans[] =
		"gateway g { listen 127.0.0.1 }\n"
		"span 1 { device virtual x.sock span 9 }\n"
		"span 2 { like span 1 device dahdi 3 }\n"
		"span 3 { like span 1 device dahdi location \"PCI Bus 04\" "
		"span 2 }\n"
		"span 4 { like span 3 device dahdi description \"TE4/0/1\" }\n"
		"span 5 { like span 3 device virtual x.sock span 8 }\n";
	static const struct {
		enum conf_device device;
		enum conf_dahdi dahdi;
		const char *socket, *text;
		unsigned number;
	} want[] = {
		{ CONF_DEVICE_VIRTUAL, CONF_DAHDI_NUMBER, "x.sock", "", 9 },
		{ CONF_DEVICE_DAHDI, CONF_DAHDI_NUMBER, "", "", 3 },
		{ CONF_DEVICE_DAHDI, CONF_DAHDI_LOCATION, "", "PCI Bus 04", 2 },
		{ CONF_DEVICE_DAHDI, CONF_DAHDI_DESCRIPTION, "", "TE4/0/1", 0 },
		{ CONF_DEVICE_VIRTUAL, CONF_DAHDI_NUMBER, "x.sock", "", 8 },
	};
	char *said;
	struct conf *conf = parse(spans, &said);

	(void)state;
	if (!conf)
		fail_msg("%s", said);
	assert_int_equal(conf->span_count, sizeof want / sizeof *want);
	for (size_t i = 0; i < conf->span_count; i++) {
		const struct conf_span *span = &conf->spans[i];

		assert_int_equal(span->device, want[i].device);
		assert_int_equal(span->dahdi, want[i].dahdi);
		assert_string_equal(span->socket, want[i].socket);
		assert_string_equal(span->dahdi_text, want[i].text);
		assert_int_equal(span->device_span, want[i].number);
	}
	conf_free(conf);
	free(said);
}

static void every_default(void **state)
{
	static const char least[] = "gateway g { listen 127.0.0.1 }\n"
				    "sip-peer p { server 192.0.2.1 }\n"
				    "span 1 { device virtual x.sock span 1 }\n"
				    "trunk-group t { members span 1 }\n"
				    "route from t { + -> p }\n";
	char *said, text[64];
	struct conf *conf = parse(least, &said);
	const struct conf_peer *peer;

	(void)state;
	if (!conf)
		fail_msg("%s", said);
	conf_format_address(&conf->gateway.listen, text, sizeof text);
	assert_string_equal(text, "127.0.0.1:5060");
	assert_int_equal(conf->gateway.advertise.ss_family, AF_UNSPEC);
	assert_int_equal(conf->gateway.rtp_port_first, 16384);
	assert_int_equal(conf->gateway.rtp_port_last, 32767);
	assert_int_equal(conf->gateway.jitter_buffer_ms, 60);
	assert_string_equal(conf->gateway.control,
			    "/run/tollgate/control.sock");
	assert_string_equal(conf->gateway.call_records,
			    "/var/log/tollgate/calls.jsonl");
	assert_int_equal(conf->gateway.media_workers, 1);
	assert_int_equal(conf->gateway.retry_after_s, 10);
	assert_int_equal(conf->gateway.rtp_timeout_ms, 30000);
	assert_string_equal(conf->gateway.tones, "us");
	assert_int_equal(conf->log.level, LOG_INFO);
	assert_int_equal(conf->log.targets, LOG_TO_SYSLOG);
	peer = &conf->peers[0];
	conf_format_address(&peer->server, text, sizeof text);
	assert_string_equal(text, "192.0.2.1:5060");
	/* who is only called is heard when it answers */
	assert_int_equal(peer->accept_from_count, 1);
	conf_format_address(&peer->accept_from[0].address, text, sizeof text);
	assert_string_equal(text, "192.0.2.1");
	assert_int_equal(peer->accept_from[0].prefix_bits, 32);
	assert_int_equal(peer->codec_count, 2);
	assert_int_equal(peer->codecs[0], G711_ALAW);
	assert_int_equal(peer->ptime_ms, 20);
	assert_null(peer->numbering);
	assert_false(peer->trust);
	assert_int_equal(peer->dtmf, CONF_DTMF_RFC4733);
	assert_int_equal(peer->hold, CONF_HOLD_SILENCE);
	assert_int_equal(peer->keepalive_ms, 0);
	assert_int_equal(peer->limit_calls, 0);
	assert_int_equal(peer->limit_rate, 0);
	check_span_defaults(&conf->spans[0]);
	assert_int_equal(conf->trunks[0].hunt, CONF_HUNT_HIGHEST);
	assert_null(conf->trunks[0].numbering);
	conf_free(conf);
	free(said);
}

/* Values of which a part is left out, or which switch something off. */
static const struct {
	const char *line; /* of the peer */
	uint32_t keepalive_ms, down, up, calls, rate;
} partial[] = {
	{ "keepalive never", 0, 0, 0, 0, 0 },
	{ "keepalive options every 2s", 2000, 2, 1, 0, 0 },
	{ "keepalive options every 2s up-after 9", 2000, 2, 9, 0, 0 },
	{ "keepalive options every 2s down-after 9", 2000, 9, 1, 0, 0 },
	{ "keepalive options every 2s up-after 8 down-after 9", 2000, 9, 8, 0,
	  0 },
	{ "limit none", 0, 0, 0, 0, 0 },
	{ "limit 7 calls", 0, 0, 0, 7, 0 },
	{ "limit 7 calls/s", 0, 0, 0, 0, 7 },
	{ "limit 7/s", 0, 0, 0, 0, 7 },
	{ "limit 7/s 8 calls", 0, 0, 0, 8, 7 },
	{ "limit 8 calls 7/s", 0, 0, 0, 8, 7 },
};

static void every_partial_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof partial / sizeof *partial; i++) {
		char *text, *said;
		struct conf *conf;
		const struct conf_peer *peer;

		assert_true(asprintf(&text,
				     "gateway g { listen 127.0.0.1\n"
				     "rtp-timeout never }\n"
				     "sip-peer p { server 192.0.2.1\n%s }\n",
				     partial[i].line) > 0);
		conf = parse(text, &said);
		if (!conf)
			fail_msg("%s\n%s", partial[i].line, said);
		peer = conf->peers;
		assert_int_equal(conf->gateway.rtp_timeout_ms, 0);
		assert_int_equal(peer->keepalive_ms, partial[i].keepalive_ms);
		assert_int_equal(peer->keepalive_down, partial[i].down);
		assert_int_equal(peer->keepalive_up, partial[i].up);
		assert_int_equal(peer->limit_calls, partial[i].calls);
		assert_int_equal(peer->limit_rate, partial[i].rate);
		conf_free(conf);
		free(said);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value),
		cmocka_unit_test(every_name_of_a_card),
		cmocka_unit_test(line_decides),
		cmocka_unit_test(every_default),
		cmocka_unit_test(every_partial_value),
	};

	return cmocka_run_group_tests_name("conf values", tests, NULL, NULL);
}
