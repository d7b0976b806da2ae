/* A configuration read by a thread while the loop goes on with the one before,
 * and put in its place. Spans, SIP and media are stand-ins. */
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/reload.h"
#include "gateway/route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/conf_dir.h"

#define WAIT_MS 10000

static struct {
	const struct conf *sip, *isdn;
	uint16_t port_first;
	unsigned prepared, abandoned;
	enum part { NOTHING, ISDN, MEDIA, SIP } refuses;
} taken;

int sip_agent_take(struct sip_agent *agent, const struct conf *conf)
{
	(void)agent;
	if (taken.refuses == SIP)
		return -E2BIG;
	taken.sip = conf;
	return 0;
}

int media_take(struct media *media, uint32_t jitter_buffer_ms,
	       uint16_t port_first, uint16_t port_last)
{
	(void)media;
	(void)jitter_buffer_ms;
	(void)port_last;
	if (taken.refuses == MEDIA)
		return -ENOMEM;
	taken.port_first = port_first;
	return 0;
}

int isdn_prepare(struct isdn_next **out, struct isdn *isdn,
		 const struct conf *conf)
{
	(void)isdn;
	if (taken.refuses == ISDN)
		return -ENOMEM;
	*out = (struct isdn_next *)(uintptr_t)conf;
	taken.prepared++;
	return 0;
}

void isdn_take(struct isdn *isdn, struct isdn_next *next)
{
	(void)isdn;
	taken.isdn = (const struct conf *)next;
	taken.prepared--;
}

void isdn_abandon(struct isdn *isdn, struct isdn_next *next)
{
	(void)isdn;
	if (!next)
		return;
	taken.prepared--;
	taken.abandoned++;
}

void cdr_take(struct cdr *cdr, const struct cdr_config *cfg)
{
	(void)cdr;
	(void)cfg;
}

void watchdog_reloading(struct watchdog *w)
{
	(void)w;
}

void watchdog_reloaded(struct watchdog *w)
{
	(void)w;
}

size_t isdn_span_count(const struct isdn *isdn)
{
	(void)isdn;
	return 0;
}

void isdn_span_info(const struct isdn *isdn, size_t index,
		    struct span_info *out)
{
	(void)isdn;
	(void)index;
	(void)out;
}

struct fixture {
	struct conf_dir *dir;
	const char *file;
	struct gateway gw;
};

static void put(struct fixture *f, const char *ports, const char *rest)
{
	char text[1024];

	snprintf(text, sizeof text,
		 "gateway demo {\n listen 127.0.0.1 5060\n"
		 " advertise 127.0.0.1\n rtp-ports %s\n"
		 " call-records none\n}\n"
		 "log { level err }\n"
		 "sip-peer phones { accept-from 127.0.0.0/8 }\n"
		 "span 1 {\n device virtual run/x.sock span 1\n"
		 " line e1\n protocol euroisdn side user\n"
		 " channels 1-15 17-31 d-channel 16\n}\n"
		 "trunk-group city { members span 1 }\n"
		 "route from phones {\n +49 -> city\n"
		 " otherwise -> reject 404\n}\n"
		 "%s\n",
		 ports, rest);
	f->file = conf_dir_put(f->dir, "t.conf", text);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct conf *conf = NULL;

	assert_int_equal(conf_dir_new((void **)&f->dir), 0);
	log_open("test", LOG_TO_STDERR, LOG_ERR);
	put(f, "20000-20999", "");
	assert_int_equal(conf_load(&conf, f->file, stderr), 0);
	assert_int_equal(running_conf_new(&f->gw.running, conf, &f->gw.confs),
			 0);
	f->gw.conf = conf;
	memset(&taken, 0, sizeof taken);
	taken.sip = taken.isdn = conf;
	assert_int_equal(loop_new(&f->gw.loop), 0);
	assert_int_equal(stats_new(&f->gw.stats, conf), 0);
	assert_int_equal(limit_table_new(&f->gw.limits), 0);
	drain_init(&f->gw.drains, loop_timers(f->gw.loop), NULL, NULL);
	assert_int_equal(reload_new(&f->gw.reload, &f->gw, f->file), 0);
	*state = f;
	return 0;
}

/* Whatever happened, none is left behind. */
static int teardown(void **state)
{
	struct fixture *f = *state;

	reload_free(f->gw.reload);
	limit_table_free(f->gw.limits);
	stats_free(f->gw.stats);
	running_conf_release(f->gw.running);
	assert_int_equal(f->gw.confs.made, f->gw.confs.freed);
	loop_free(f->gw.loop);
	conf_dir_free((void **)&f->dir);
	free(f);
	return 0;
}

static struct reload_counters counters(struct fixture *f)
{
	struct reload_counters now;

	reload_counters(f->gw.reload, &now);
	return now;
}

/* Waits for the thread as the loop does: calls are routed meanwhile. */
static void route_until(struct fixture *f, unsigned taken_, unsigned refused)
{
	const struct leg_setup setup = {
		.from = "phones",
		.called = { .present = true, .digits = "+49305550100" },
	};
	const struct route_moment moment = { .utc_s = 1800000000 };
	struct route_result result;

	for (int ms = 0; ms < WAIT_MS && (counters(f).taken < taken_ ||
					  counters(f).refused < refused);
	     ms++) {
		loop_step(f->gw.loop, 1);
		assert_int_equal(route_call(f->gw.conf, &setup, &moment,
					    &result),
				 0);
		assert_string_equal(route_target(&result)->trunk->name, "city");
	}
	assert_int_equal(counters(f).taken, taken_);
	assert_int_equal(counters(f).refused, refused);
}

/* What a call began with stays until the call is over. */
static void test_taken(void **state)
{
	struct fixture *f = *state;
	struct running_conf *held = running_conf_use(f->gw.running);
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "");
	assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
	route_until(f, 1, 0);
	assert_ptr_not_equal(f->gw.conf, before);
	assert_ptr_equal(taken.sip, f->gw.conf);
	assert_ptr_equal(taken.isdn, f->gw.conf);
	assert_int_equal(taken.port_first, 30000);
	assert_int_equal(f->gw.confs.freed, 0);
	assert_int_equal(before->gateway.rtp_port_first, 20000);
	running_conf_release(held);
	assert_int_equal(f->gw.confs.freed, 1);
}

static void test_wrong(void **state)
{
	struct fixture *f = *state;
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "no-such-block { }");
	assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
	route_until(f, 0, 1);
	assert_true(counters(f).wrong);
	assert_ptr_equal(f->gw.conf, before);
	assert_ptr_equal(taken.sip, before);
	unlink(f->file);
	reload_signal(f->gw.reload);
	route_until(f, 0, 2);
	assert_ptr_equal(f->gw.conf, before);
	put(f, "20000-20999", "");
	reload_signal(f->gw.reload);
	route_until(f, 1, 2);
	assert_false(counters(f).wrong);
}

/* Whichever part cannot, none has anything of it, and the next one is taken. */
static void test_not_taken(void **state)
{
	static const struct {
		enum part refuses;
		unsigned abandoned;
	} rows[] = { { ISDN, 0 }, { MEDIA, 1 }, { SIP, 2 } };
	struct fixture *f = *state;
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "");
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
		taken.refuses = rows[i].refuses;
		assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
		taken.port_first = 20000;
		route_until(f, 0, i + 1);
		assert_ptr_equal(f->gw.conf, before);
		assert_ptr_equal(taken.sip, before);
		assert_ptr_equal(taken.isdn, before);
		assert_int_equal(taken.port_first, 20000);
		assert_int_equal(taken.abandoned, rows[i].abandoned);
		assert_int_equal(taken.prepared, 0);
		assert_int_equal(f->gw.confs.freed, i + 1);
	}
	taken.refuses = NOTHING;
	assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
	route_until(f, 1, 3);
}

/* A second one is refused, a signal done after it. */
static void test_two_at_once(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 20; i++) {
		put(f, i % 2 ? "20000-20999" : "30000-30999", "");
		assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
		assert_int_equal(reload_start(f->gw.reload, 0, NULL),
				 -EALREADY);
		reload_signal(f->gw.reload);
		reload_signal(f->gw.reload);
		route_until(f, 2 * i + 2, 0);
	}
}

/* It says what it would do, and does not. */
static void test_plan(void **state)
{
	struct fixture *f = *state;
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "");
	assert_int_equal(reload_start(f->gw.reload, RELOAD_PLAN, NULL), 0);
	for (int ms = 0;
	     ms < WAIT_MS && reload_start(f->gw.reload, 0, NULL) == -EALREADY;
	     ms++) {
		assert_ptr_equal(f->gw.conf, before);
		loop_step(f->gw.loop, 1);
	}
	route_until(f, 1, 0);
}

/* The end waits for a thread that still reads. */
static void test_end_while_it_reads(void **state)
{
	struct fixture *f = *state;
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "");
	assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
	reload_free(f->gw.reload);
	f->gw.reload = NULL;
	assert_ptr_equal(f->gw.conf, before);
	assert_int_equal(f->gw.confs.freed, 0);
}

/* Nothing is taken any more once it stops. */
static void test_stopping(void **state)
{
	struct fixture *f = *state;
	const struct conf *before = f->gw.conf;

	put(f, "30000-30999", "");
	assert_int_equal(reload_start(f->gw.reload, 0, NULL), 0);
	f->gw.phase = GATEWAY_STOPPING;
	for (int ms = 0; ms < 200; ms++)
		loop_step(f->gw.loop, 1);
	assert_ptr_equal(f->gw.conf, before);
	assert_int_equal(counters(f).taken, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_taken),     CASE(test_wrong),
		CASE(test_not_taken), CASE(test_two_at_once),
		CASE(test_plan),      CASE(test_end_while_it_reads),
		CASE(test_stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
