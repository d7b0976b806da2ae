/* What the auditor makes of counts that do not fit. */
#include "gateway/audit.h"

#include "call_rig.h"

#include <malloc.h>

static struct isdn_audit spans;
static unsigned dialogs, bridges_there;

void isdn_audit(struct isdn *isdn, struct isdn_audit *out)
{
	(void)isdn;
	*out = spans;
}

unsigned sip_agent_dialog_count(const struct sip_agent *agent)
{
	(void)agent;
	return dialogs;
}

unsigned media_bridge_count(const struct media *media)
{
	(void)media;
	return bridges_there;
}

static int setup_audit(void **state)
{
	setup(state);
	memset(&spans, 0, sizeof spans);
	dialogs = bridges_there = 0;
	audit_init(&gateway.audit, &gateway);
	return 0;
}

static void test_counts(void **state)
{
	struct test_leg *a = dial("+49301");
	const struct audit_report *last = &gateway.audit.last;

	(void)state;
	a->release_at_once = called->release_at_once = true;
	spans.legs = spans.references = spans.libpri_calls = 1;
	dialogs = bridges_there = 1;
	audit_run(&gateway.audit);
	assert_int_equal(last->calls, 1);
	assert_int_equal(last->sip_legs, 1);
	assert_int_equal(last->isdn_legs, 1);
	assert_int_equal(last->bridges, 1);
	assert_int_equal(last->dialogs, 1);
	assert_int_equal(last->faults, 0);
	assert_true(last->descriptors > 2);
	/* A sanitizer has a heap of its own. */
	assert_int_equal(!last->heap_bytes, !mallinfo2().uordblks);
	assert_true(last->resident_bytes > last->heap_bytes);
	call_hangup(the_call());
	assert_over();
	/* Dialogs may outlive their calls: the stack repeats a BYE for 32 s. */
	spans.legs = bridges_there = 0;
	audit_run(&gateway.audit);
	assert_int_equal(last->calls, 0);
	assert_int_equal(last->faults, 0);
	assert_int_equal(gateway.audit.runs, 2);
}

/* Seen once it may be on its way; what the spans report has been seen twice by
 * them. */
static void test_faults(void **state)
{
	const struct audit_report *last = &gateway.audit.last;

	(void)state;
	spans.legs = 2;
	bridges_there = 3;
	audit_run(&gateway.audit);
	assert_int_equal(last->faults, 0);
	bridges_there = 1;
	audit_run(&gateway.audit);
	assert_int_equal(last->faults, 2 + 1);
	assert_int_equal(last->stray_legs, 2);
	assert_int_equal(last->stray_bridges, 1);
	spans.legs = bridges_there = 0;
	spans.stray_references = 4;
	spans.repaired = 3;
	audit_run(&gateway.audit);
	assert_int_equal(last->faults, 4);
	assert_int_equal(last->repaired, 3);
	assert_int_equal(gateway.audit.faults, 7);
}

/* Legs that never say RELEASED are taken down, and the call has its record. */
static void test_stuck_call(void **state)
{
	(void)state;
	dial("+49301");
	call_hangup(the_call());
	assert_int_equal(the_call()->fsm.state, CALL_CLEARING);
	now_ms += AUDIT_STUCK_MS - 1;
	audit_run(&gateway.audit);
	assert_int_equal(gateway.audit.last.stuck_calls, 0);
	assert_int_equal(records, 0);
	now_ms++;
	audit_run(&gateway.audit);
	assert_int_equal(gateway.audit.last.stuck_calls, 1);
	assert_int_equal(gateway.audit.last.repaired, 1);
	assert_over();
}

static void test_every_30_s(void **state)
{
	(void)state;
	audit_start(&gateway.audit);
	for (unsigned i = 0; i < 90; i++) {
		now_ms += 1000;
		loop_step(loop, 0);
	}
	assert_int_equal(gateway.audit.runs, 3);
	audit_stop(&gateway.audit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_counts, setup_audit),
		cmocka_unit_test_setup(test_faults, setup_audit),
		cmocka_unit_test_setup(test_stuck_call, setup_audit),
		cmocka_unit_test_setup(test_every_30_s, setup_audit),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
