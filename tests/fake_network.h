/* The network side of a D channel, by libpri behind a tap of its own, and a
 * span of ours on the other end of the line. Shared by the tests of dahdi/. */
#ifndef TOLLGATE_FAKE_NETWORK_H
#define TOLLGATE_FAKE_NETWORK_H

#include "dahdi/q931_tap.h"
#include "dahdi/span.h"
#include "tests/fake_driver.h"

/* What it does with a SETUP. */
enum fake_network_does {
	NETWORK_SILENT,
	NETWORK_PROCEEDS,
	NETWORK_ASKS_DIGITS, /* SETUP ACKNOWLEDGE */
	NETWORK_PROGRESSES,  /* CALL PROCEEDING, PROGRESS with PI 8 */
	NETWORK_ALERTS,
	NETWORK_ANSWERS,
	NETWORK_REFUSES,	 /* CALL PROCEEDING, DISCONNECT `cause` */
	NETWORK_REFUSES_AT_ONCE, /* RELEASE COMPLETE `cause` */
	NETWORK_REFUSES_ALERTED,
};

struct q931_call;

struct fake_network {
	struct fake_line *line;
	struct q931_tap *tap;
	struct pri *pri;
	enum fake_network_does does;
	uint8_t cause, location;
	unsigned move_to;    /* channel to name in place of the one asked */
	bool never_releases; /* DISCONNECT and RELEASE get no answer */
	/* what happened */
	struct q931_call *call; /* the last that rang or was begun */
	struct q931_call *own;	/* the last begun */
	unsigned rings, hangups;
	unsigned restarts, restarted; /* RESTARTs, channel of the last */
	/* Elements of the last SETUP and CONNECT from the span. */
	struct {
		uint8_t octets[260];
		size_t len;
	} setup_ies, connect_ies;
	struct leg_redirecting redirecting; /* of that SETUP */
	struct leg_number connected; /* told by that CONNECT, and to tell */
	int heard_cause;
	int heard_in_answer; /* cause of what answered our own clearing */
	uint8_t heard_location;
	char called[256], calling[256];
	int called_plan, calling_plan, calling_presentation;
	int bearer, layer1;
	unsigned channel;
	bool channel_flexible, complete;
	/* what was answered to a call of its own */
	unsigned proceeding, progress, alerting, connect;
	int indicators; /* libpri's mask, of all messages together */
};

struct fake_network *fake_network_new(struct fake_line *line);
void fake_network_free(struct fake_network *network);
/* Runs its timers. */
void fake_network_run(struct fake_network *network);
void fake_network_answer(struct fake_network *network);
void fake_network_hangup(struct fake_network *network, uint8_t cause,
			 uint8_t location);
/* DISCONNECT with progress indicator `pi`; libpri's T305 plays T306. */
void fake_network_hangup_inband(struct fake_network *network, uint8_t pi,
				uint8_t cause, uint8_t location);
/* Sends a SETUP for `called`, from 030/1234567 (national, restricted);
 * `channel` 0: any. The call is `call`. */
struct fake_network_setup {
	const char *called;
	unsigned channel;
	bool exclusive;
	int bearer;			  /* libpri's capability; 0: speech */
	const struct leg_number *calling; /* NULL: as above */
	const struct leg_redirecting *redirecting; /* NULL: none */
};
void fake_network_call(struct fake_network *network,
		       const struct fake_network_setup *setup);
void fake_network_restart(struct fake_network *network, unsigned channel);

/* How many calls libpri holds. */
unsigned fake_libpri_calls(struct pri *pri);

/* A leg as its call would hold it. */
struct fake_isdn_call {
	struct leg *leg;
	unsigned proceeding, progress, inband, alerting, answer;
	unsigned confirmed, disconnect, released;
	struct leg_cause cause; /* of DISCONNECT, else of RELEASED */
	struct leg_number connected;
	bool answers_release; /* release() as soon as the peer disconnects */
	char ladder[32][40];
	unsigned ladder_count;
};

/* Where the next legs from the network go, with what they came with. */
struct fake_incoming {
	struct fake_isdn_call call[4];
	struct leg_setup setup[4];
	unsigned count;
	/* What the receiver does at once; NULL: nothing. */
	void (*receive)(struct fake_isdn_call *call);
};

/* Lines, networks and spans, pairwise. */
#define FAKE_SPANS 2
struct fake_lab {
	struct conf_span conf[FAKE_SPANS];
	struct timers own_timers, *timers;
	unsigned count;
	struct fake_line *line[FAKE_SPANS];
	struct fake_network *network[FAKE_SPANS];
	struct driver *driver[FAKE_SPANS];
	struct span *span[FAKE_SPANS];
	unsigned tdm_up, tdm_down;
	struct tdm *tdm;
	struct fake_incoming *incoming; /* NULL: calls are not taken */
	struct conf_trunk trunk;
};

extern const struct leg_sink fake_isdn_call_sink;
extern const struct isdn_events fake_lab_events;

/* Lines and networks for `count` spans, drivers by fake_lab_drivers. */
void fake_lab_start(struct fake_lab *lab, unsigned count);
struct span_drivers fake_lab_drivers(struct fake_lab *lab);
/* The spans of a lab without struct isdn. */
void fake_lab_spans(struct fake_lab *lab);
/* All hardware comes up and the D channels with it. */
void fake_lab_up(struct fake_lab *lab);
/* Gives the spans what the test has changed in lab->conf. */
void fake_lab_configure(struct fake_lab *lab);
void fake_lab_run(struct fake_lab *lab, unsigned ms);
void fake_lab_stop(struct fake_lab *lab);
/* The end of a test whose *state is a lab of malloc: fails where an event met a
 * state that has no row for it. */
int fake_lab_teardown(void **state);

/* One audit of the first span, by an auditor that has seen none before. */
void fake_lab_audit(struct fake_lab *lab, struct isdn_audit *out);
/* At the end of a test: no call, no channel, no reference is left of it. */
bool fake_lab_is_clean(struct fake_lab *lab);

/* A leg on `channel` of the lab's first span; SETUP is sent. */
void fake_isdn_call_start(struct fake_isdn_call *call, struct fake_lab *lab,
			  unsigned channel);
/* Sends the SETUP of a leg made elsewhere. */
int fake_isdn_call_setup(struct fake_isdn_call *call, struct leg *leg,
			 const char *number);
void fake_isdn_call_release(struct fake_isdn_call *call, uint8_t cause,
			    uint8_t location);
void fake_isdn_call_free(struct fake_isdn_call *call);

#endif
