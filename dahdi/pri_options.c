#include "dahdi/pri_options.h"

#include <libpri.h>
#include <stddef.h>

/* libpri's setters have as many types as names: one shape for the table. */
#define SETTER(fn)                                                 \
	static void set_##fn(struct pri *pri, unsigned long value) \
	{                                                          \
		fn(pri, value);                                    \
	}

SETTER(pri_hangup_fix_enable)
SETTER(pri_connect_ack_enable)
SETTER(pri_set_inbanddisconnect)
SETTER(pri_set_overlapdial)
SETTER(pri_set_chan_mapping_logical)
SETTER(pri_set_service_message_support)
SETTER(pri_set_nsf)
SETTER(pri_persistent_layer2_option)
SETTER(pri_display_options_send)
SETTER(pri_display_options_receive)
SETTER(pri_date_time_send_option)
SETTER(pri_hold_enable)
SETTER(pri_reroute_enable)
SETTER(pri_transfer_enable)
SETTER(pri_aoc_events_enable)
SETTER(pri_mcid_enable)
SETTER(pri_cc_enable)
SETTER(pri_set_debug)

/* It can only be turned on. */
static void set_pri_facility_enable(struct pri *pri, unsigned long value)
{
	if (value)
		pri_facility_enable(pri);
}

static const struct {
	void (*set)(struct pri *pri, unsigned long value);
	unsigned long value;
} options[] = {
	/* Without it a call that is refused after CALL PROCEEDING gets RELEASE
	 * COMPLETE where Q.931 5.3.2 wants DISCONNECT. */
	{ set_pri_hangup_fix_enable, 1 },
	/* libpri sends CONNECT ACKNOWLEDGE itself. */
	{ set_pri_connect_ack_enable, 0 },
	/* A DISCONNECT always raises its event, and the release is the call's
	 * to ask for; with this one that has progress indicator 8 would come
	 * as a PROGRESS, or raise nothing in the active state. */
	{ set_pri_set_inbanddisconnect, 0 },
	/* En bloc: every SETUP carries Sending Complete. */
	{ set_pri_set_overlapdial, 0 },
	/* Timeslot numbers are as on the line, 16 included (I.431). */
	{ set_pri_set_chan_mapping_logical, 0 },
	/* SERVICE messages are not EuroISDN's. */
	{ set_pri_set_service_message_support, 0 },
	{ set_pri_set_nsf, (unsigned long)PRI_NSF_NONE },
	/* The primary rate's link is permanent (Q.921 annex A). */
	{ set_pri_persistent_layer2_option, PRI_L2_PERSISTENCE_KEEP_UP },
	{ set_pri_display_options_send, PRI_DISPLAY_OPTION_BLOCK },
	{ set_pri_display_options_receive, PRI_DISPLAY_OPTION_BLOCK },
	{ set_pri_date_time_send_option, PRI_DATE_TIME_SEND_NO },
	/* A diverted call's SETUP tells it as EuroISDN does; see pri_number.h.
	 * It changes nothing else. */
	{ set_pri_facility_enable, 1 },
	/* Supplementary services are refused until they are built. */
	{ set_pri_hold_enable, 0 },
	{ set_pri_reroute_enable, 0 },
	{ set_pri_transfer_enable, 0 },
	{ set_pri_aoc_events_enable, 0 },
	{ set_pri_mcid_enable, 0 },
	{ set_pri_cc_enable, 0 },
	{ set_pri_set_debug, 0 },
};

/* The timers that libpri runs, of those in the configuration; it only names
 * T301 and T310, which are ours (pri_leg.c). */
static const struct {
	int timer;
	size_t at; /* in struct conf_span, milliseconds */
} timers[] = {
	{ PRI_TIMER_T200, offsetof(struct conf_span, t200_ms) },
	{ PRI_TIMER_T203, offsetof(struct conf_span, t203_ms) },
	{ PRI_TIMER_T303, offsetof(struct conf_span, t303_ms) },
	{ PRI_TIMER_T305, offsetof(struct conf_span, t305_ms) },
	{ PRI_TIMER_T308, offsetof(struct conf_span, t308_ms) },
	{ PRI_TIMER_T309, offsetof(struct conf_span, t309_ms) },
	{ PRI_TIMER_T313, offsetof(struct conf_span, t313_ms) },
};

void pri_options_apply(struct pri *pri, const struct conf_span *conf)
{
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		options[i].set(pri, options[i].value);
	/* k of Q.921 5.9.5; the tap keeps as many frames for repetition. */
	pri_set_timer(pri, PRI_TIMER_K, 7);
	pri_timers_apply(pri, conf);
}

void pri_timers_apply(struct pri *pri, const struct conf_span *conf)
{
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
		uint32_t ms =
			*(const uint32_t *)((const char *)conf + timers[i].at);

		if (ms)
			pri_set_timer(pri, timers[i].timer, (int)ms);
	}
}
