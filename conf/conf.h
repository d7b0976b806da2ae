/* The configuration: one immutable, validated structure.
 *
 * Text -> lexer -> block parser -> settings tables -> struct conf. What is in
 * a struct conf has been checked whole: every name resolves, every number is
 * in range. Nothing else of the program parses configuration.
 */
#ifndef TOLLGATE_CONF_H
#define TOLLGATE_CONF_H

#include "dahdi/line.h"
#include "media/g711.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#define CONF_NAME_MAX 32
#define CONF_DIGITS_MAX 32
#define CONF_ZONE_MAX 64
#define SPAN_NUMBER_MAX 128
#define CONF_PATH_MAX 108      /* what a Unix socket address holds */
#define CONF_DAHDI_TEXT_MAX 40 /* as DAHDI has it */

struct conf_place {
	const char *file;
	unsigned line;
};

enum conf_limit_unit {
	CONF_LIMIT_CALLS,   /* at once */
	CONF_LIMIT_RATE,    /* calls a second */
	CONF_LIMIT_MINUTES, /* a day */
	CONF_LIMIT_UNITS
};

/* "20 calls", "5 calls/s", "60 min/day per caller" */
struct conf_limit {
	struct conf_place place;
	enum conf_limit_unit unit;
	bool per_caller; /* each caller has so many, not all together */
	uint32_t amount; /* 1 or more */
};

/* Of one rule, class or trunk group: each kind once at most. */
struct conf_limits {
	/* What they limit, for people and for the counters, which find each
	 * other by it after a reload: "trunk-group city". */
	const char *name;
	struct conf_limit limit[2 * CONF_LIMIT_UNITS];
	size_t count;
};

/* Who may open a socket: its owner and whom these let. */
struct conf_access {
	bool has_group; /* false: the group of the daemon */
	gid_t group;
	uint32_t mode;
};

/* gateway NAME { } */
struct conf_gateway {
	char name[CONF_NAME_MAX];
	struct sockaddr_storage listen;	   /* SIP over UDP: address and port */
	struct sockaddr_storage advertise; /* address in SDP and Contact; family
					      AF_UNSPEC: the listen address */
	uint16_t rtp_port_first, rtp_port_last; /* even ports of this range */
	uint32_t jitter_buffer_ms;		/* fixed playout delay */
	char control[CONF_PATH_MAX];		/* operator's Unix socket */
	char control_read[CONF_PATH_MAX];	/* one for looking; "" none */
	struct conf_access control_access, control_read_access;
	char call_records[256];	    /* "" none */
	bool call_records_csv;	    /* else JSON lines */
	uint32_t call_records_keep; /* that wait in memory for the disk */
	uint32_t media_workers;
	uint32_t retry_after_s;	 /* in 503 for want of a channel */
	uint32_t rtp_timeout_ms; /* a talking peer is silent: released; 0 never
				  */
	uint32_t drain_timeout_ms;     /* of calls, when it is to stop */
	char time_zone[CONF_ZONE_MAX]; /* of "min/day"; "": UTC */
	char tones[8]; /* the country whose tones are played: "de", "us" */
};

/* An address with a prefix length, for accept-from. */
struct conf_network {
	struct sockaddr_storage address;
	uint8_t prefix_bits;
};

/* How digits pass between RTP and the telephone line. */
enum conf_dtmf { CONF_DTMF_RFC4733, CONF_DTMF_INBAND };

/* What the telephone line hears while the SIP side holds the call. */
enum conf_hold { CONF_HOLD_SILENCE, CONF_HOLD_TONE };

/* sip-peer NAME { } */
struct conf_peer {
	char name[CONF_NAME_MAX];
	struct conf_place place;
	struct sockaddr_storage server; /* AF_UNSPEC: never called */
	struct conf_network *accept_from;
	size_t accept_from_count;
	enum g711_law codecs[2]; /* offered and accepted, in this order */
	size_t codec_count;
	uint32_t ptime_ms; /* what we prefer to send when the peer asks none */
	const struct conf_numbering *numbering; /* NULL: as dialled */
	/* RFC 3325 2.3: P-Asserted-Identity is believed from it, and sent to
	 * it also where the caller withholds the number. */
	bool trust;
	enum conf_dtmf dtmf;
	enum conf_hold hold;
	uint32_t keepalive_ms;	 /* between OPTIONS; 0: none, taken as up */
	uint32_t keepalive_down; /* unanswered ones in a row: down */
	uint32_t keepalive_up;	 /* answered ones in a row: up again */
	uint32_t limit_calls;	 /* at once, both ways; 0: no limit */
	uint32_t limit_rate;	 /* its INVITEs a second; 0: no limit */
};

enum conf_device { CONF_DEVICE_VIRTUAL, CONF_DEVICE_DAHDI };

/* What tells a span of DAHDI's from the others. */
enum conf_dahdi {
	CONF_DAHDI_NUMBER,
	CONF_DAHDI_LOCATION, /* of the card, and which of its spans */
	CONF_DAHDI_DESCRIPTION,
};

/* span N { } */
struct conf_span {
	unsigned number; /* 1..128 */
	struct conf_place place;
	enum conf_device device;
	char socket[CONF_PATH_MAX]; /* virtual: the exchange's socket */
	enum conf_dahdi dahdi;	    /* dahdi: how it is named */
	char dahdi_text[CONF_DAHDI_TEXT_MAX]; /* location, description */
	/* virtual: its span number there; dahdi: its number, or which one at
	 * the location, from 1 */
	unsigned device_span;
	enum line_type line;
	enum g711_law law; /* the line's */
	enum line_protocol protocol;
	bool network_side; /* "side network": not built yet */
	uint32_t channels; /* bit t set: timeslot t is a B channel */
	unsigned dchannel; /* timeslot of the D channel */
	int receive_ddb, transmit_ddb; /* gains, tenths of a dB */
	unsigned echo_taps;    /* of a card's echo cancellers, 0: not used */
	bool exclusive;	       /* SETUP demands our channel */
	bool restart_first_up; /* RESTART when the D channel first is up */
	uint32_t t301_ms, t310_ms; /* ours; libpri does not run them */
	uint32_t t303_ms, t305_ms, t308_ms, t309_ms, t313_ms; /* libpri's */
	uint32_t t200_ms, t203_ms;			      /* Q.921 */
};

enum conf_hunt {
	CONF_HUNT_LOWEST,
	CONF_HUNT_HIGHEST,
	CONF_HUNT_ROUND_ROBIN,
	CONF_HUNT_LEAST_USED, /* the span with the fewest calls */
	CONF_HUNT_MOST_IDLE,  /* the channel that is free for the longest */
};

/* Whose calls a trunk group carries, seen from the gateway. */
enum conf_direction {
	CONF_DIRECTION_BOTH,
	CONF_DIRECTION_IN,  /* only those from the network */
	CONF_DIRECTION_OUT, /* only those to it */
};

/* trunk-group NAME { } */
struct conf_trunk {
	char name[CONF_NAME_MAX];
	struct conf_place place;
	const struct conf_span **members;
	size_t member_count;
	enum conf_hunt hunt;
	/* Of channels and spans that are equal in that: LOWEST or HIGHEST. */
	enum conf_hunt hunt_end;
	enum conf_direction direction;
	uint32_t reserve; /* free channels that are for emergency calls */
	struct conf_limits limits;
	const struct conf_numbering *numbering; /* NULL: digits as they are */
};

#define CONF_TYPE_ANY 0xff /* of a rule for receiving; also of its plan */

/* What a line of a numbering says of some numbers: "receive TYPE PREFIX ->
 * +E164", "send +E164 -> PREFIX TYPE PLAN". In a list of numbers that are
 * allowed only `from` and `last` count. */
struct conf_number_rule {
	struct conf_place place; /* where it stands, or what it follows from */
	/* Q.931 codes: of what it receives, or of what it sends. */
	uint8_t type, plan;
	bool sends;
	bool usual; /* follows from country, area or short */
	char from[CONF_DIGITS_MAX];
	char last[CONF_DIGITS_MAX]; /* "": from is a prefix. Else a range, or
				       one number, as long as these are */
	char to[CONF_DIGITS_MAX];   /* prefix, or where the range begins */
};

/* Rules by number, see conf/number_index.h. */
struct conf_number_index {
	const struct conf_number_rule **rules;
	uint32_t *wider;
	struct conf_number_class *classes;
	size_t count, class_count;
};

/* Which numbers a peer or trunk group is told, and what it is told in place of
 * the others. */
struct conf_told {
	bool checked;			  /* false: any number is */
	struct conf_number_index allowed; /* by the core's form */
	char otherwise[CONF_DIGITS_MAX];  /* "": none */
	struct conf_place place;	  /* of `otherwise` */
};

/* What becomes of the caller's wish to withhold the number (CLIR). */
enum conf_clir { CONF_CLIR_HONOUR, CONF_CLIR_OVERRIDE, CONF_CLIR_ALWAYS };

/* How numbers are sent for which no rule is written. */
enum conf_send_as {
	CONF_SEND_TYPED,   /* without prefixes, the type of number says all */
	CONF_SEND_DIALLED, /* with the country's prefixes, type unknown */
	CONF_SEND_E164,	   /* all of it, type international */
};

/* numbering NAME { } */
struct conf_numbering {
	char name[CONF_NAME_MAX];
	struct conf_place place;
	char country[CONF_DIGITS_MAX]; /* "": no rules follow from it */
	char area[CONF_DIGITS_MAX];
	bool area_none; /* numbers are always dialled whole */
	char national_prefix[CONF_DIGITS_MAX];
	enum conf_send_as send_as;
	enum conf_clir clir;
	struct conf_told caller, redirecting;
	/* As written, in the order of the file. */
	struct conf_number_rule *receive;
	size_t receive_count;
	struct conf_number_rule *send;
	size_t send_count;
	/* The same by number; `usual` is what follows from the settings above:
	 * a rule that is written wins over one of the same prefix. */
	struct conf_number_index receive_index, send_index;
	struct conf_number_index receive_usual, send_usual;
};

enum conf_number_form {
	CONF_NUMBER_ANY,    /* every number, and none */
	CONF_NUMBER_PREFIX, /* "+4930": those that begin so, "+": with a + */
	CONF_NUMBER_EXACT,  /* "110": this one; of a caller "": there is none */
	CONF_NUMBER_RANGE,  /* from first to last, as long as these are */
};

/* The numbers that a line speaks of, see conf/number.h. */
struct conf_number {
	enum conf_number_form form;
	char first[CONF_DIGITS_MAX]; /* "" of CONF_NUMBER_ANY */
	char last[CONF_DIGITS_MAX];  /* of a range, else "" */
};

#define CONF_TARGETS_MAX 4
#define CONF_RETRY_STATUSES_MAX 16

/* Where a call is sent: exactly one of the two is set. */
struct conf_target {
	const struct conf_trunk *trunk;
	const struct conf_peer *peer;
};

/* After which failures the next target is tried. */
struct conf_retry {
	uint64_t cause[2]; /* bit of a Q.850 value, 0..127 */
	uint16_t status[CONF_RETRY_STATUSES_MAX]; /* SIP statuses */
	size_t status_count;
	bool timeout; /* no answer to what was sent */
};

/* What becomes of the called number in the core, and of the caller's. */
struct conf_rewrite {
	/* "replace": where the number begins with `from`. Goes without the
	 * other two. */
	char from[CONF_DIGITS_MAX], to[CONF_DIGITS_MAX];
	uint8_t strip;		   /* so many digits, and the + with them */
	char add[CONF_DIGITS_MAX]; /* then in front, in the place of a + */
	char caller_as[CONF_DIGITS_MAX]; /* "": as he called */
};

/* What is done with a call, right of the arrow: shared by all rules of a line.
 */
struct conf_action {
	/* None: the call is rejected. Those with a weight come first. */
	struct conf_target targets[CONF_TARGETS_MAX];
	size_t target_count;
	/* Shares of the calls; 0: tried after those that share, in order. */
	uint8_t weight[CONF_TARGETS_MAX];
	const struct conf_retry *retry; /* NULL: the default, route_retries() */
	const struct conf_limits *limits;   /* NULL: none */
	const struct conf_rewrite *rewrite; /* NULL: none */
	bool emergency;		/* no limit and no drain holds the call up */
	uint16_t reject_status; /* SIP status; 0: reject_cause */
	uint8_t reject_cause;	/* Q.850; 0: reject_status */
	char reject_text[64];
};

/* Whether the caller lets his number be shown. */
enum conf_presentation {
	CONF_PRESENTATION_ANY,
	CONF_PRESENTATION_ALLOWED,    /* or nothing is said of it */
	CONF_PRESENTATION_RESTRICTED, /* CLIR, Privacy: id */
};

/* Q.931 4.5.5: what the caller's device wants to send. */
enum conf_bearer {
	CONF_BEARER_ANY,
	CONF_BEARER_SPEECH,
	CONF_BEARER_AUDIO, /* 3.1 kHz: fax and modem too, and every SIP call */
	CONF_BEARER_DATA,
};

/* What selects a call, left of the arrow: one for each number of a line. */
struct conf_route_rule {
	struct conf_place place;
	struct conf_number called;
	struct conf_number caller;
	uint8_t presentation;		       /* enum conf_presentation */
	uint8_t bearer;			       /* enum conf_bearer */
	const struct conf_hours *when;	       /* NULL: always */
	const struct conf_class *number_class; /* whose number it is, or NULL */
	const struct conf_action *action;
};

struct route_plan;

/* route from NAME { } */
struct conf_route {
	char from[CONF_NAME_MAX]; /* a sip-peer or trunk-group */
	struct conf_place place;
	struct conf_route_rule *rules; /* as they are written */
	size_t rule_count;
	const struct route_plan *plan; /* of the rules, conf/route_plan.h */
};

/* Who calls come from and go to, with its route if it has one. */
struct conf_end {
	const char *name;
	const struct conf_trunk *trunk;
	const struct conf_peer *peer;
	const struct conf_route *route;
};

/* Minutes from midnight; `to` is not in it, and past 1440 where it is on the
 * day after. */
struct conf_minutes {
	uint16_t from, to;
};

/* "mon-fri 08:00-18:00" */
struct conf_hours_week {
	uint8_t days; /* bit 0: Monday */
	struct conf_minutes minutes;
};

/* "except 2026-12-25", "also 12-24 08:00-12:00" */
struct conf_hours_date {
	bool open;   /* of "also" */
	bool yearly; /* month and day count, not first and last */
	uint8_t month, day;
	int32_t first, last;	     /* days since 1970-01-01 */
	struct conf_minutes minutes; /* of "also" */
};

/* hours NAME { }: see conf/hours.h */
struct conf_hours {
	char name[CONF_NAME_MAX];
	struct conf_place place;
	char zone_name[CONF_ZONE_MAX];
	void *zone; /* hours.c's */
	struct conf_hours_week *week;
	size_t week_count;
	struct conf_hours_date *dates;
	size_t date_count;
};

/* number-class NAME { } */
struct conf_class {
	char name[CONF_NAME_MAX];
	struct conf_place place;
	struct conf_number *numbers;
	size_t number_count;
	struct conf_limits limits;
	int32_t review_by; /* days since 1970-01-01 of the first of its files
			      that is out of date; 0: never */
	const char *review_file; /* that file */
	bool outdated_warns;	 /* it is used all the same */
};

#define CONF_TEST_NAME_MAX 80

/* A number of a test: +E.164, or digits as they are on the wire. */
struct conf_test_number {
	bool given;
	char digits[CONF_DIGITS_MAX]; /* "" of "none" */
	uint8_t type; /* Q.931's code; CONF_TYPE_ANY, of an expected one */
	uint8_t presentation; /* enum conf_presentation, of a caller */
};

/* test "NAME" { } */
struct conf_test {
	char name[CONF_TEST_NAME_MAX];
	struct conf_place place; /* of its "expect" */
	/* The call. */
	char from[CONF_NAME_MAX]; /* a sip-peer or trunk-group */
	struct conf_test_number to, caller;
	uint8_t bearer; /* enum conf_bearer; any: audio */
	bool timed;	/* it has "at" */
	int64_t at_utc_s;
	char at_zone[CONF_ZONE_MAX];
	/* What must come of it: targets, the first ones of the rule's in its
	 * order, or none: it is rejected. */
	struct conf_target targets[CONF_TARGETS_MAX];
	size_t target_count;
	uint16_t reject_status;		      /* 0: with any */
	uint8_t reject_cause;		      /* 0: with any */
	struct conf_test_number digits, told; /* to the first target */
};

/* log { } */
struct conf_log {
	int level;		    /* syslog's */
	unsigned targets;	    /* enum log_target */
	char syslog[CONF_PATH_MAX]; /* the socket of syslogd */
};

/* When a reload takes what has changed in a setting. */
enum conf_effect {
	CONF_AT_ONCE, /* calls that run keep what they began with */
	CONF_IDLE,    /* when its span has no call */
	CONF_RESTART,
};

/* A setting, or a rule, as it is written. */
struct conf_line {
	const char *name; /* the setting's; "": a rule */
	const char *text; /* its words with blanks between them */
	struct conf_place place;
	uint64_t digest;
	enum conf_effect effect;
};

/* A block as it is written. Its digest is of the settings in it, whatever their
 * order, and not of comments and blanks. */
struct conf_block {
	const char *label; /* `sip-peer "pbx"` */
	const char *kind;  /* "sip-peer" */
	struct conf_place place;
	uint64_t digest;
	struct conf_line *lines; /* in order of the text */
	size_t line_count;
};

struct conf {
	struct conf_gateway gateway;
	struct conf_log log;
	struct conf_peer *peers;
	size_t peer_count;
	struct conf_span *spans;
	size_t span_count;
	struct conf_trunk *trunks;
	size_t trunk_count;
	struct conf_numbering *numberings;
	size_t numbering_count;
	struct conf_route *routes;
	size_t route_count;
	struct conf_end *ends; /* by name */
	size_t end_count;
	struct conf_hours *hours;
	size_t hours_count;
	struct conf_class *classes;
	size_t class_count;
	struct conf_test *tests;
	size_t test_count;
	const struct conf_limits **limits; /* of groups, classes and rules */
	size_t limits_count;
	struct conf_block *blocks; /* of every kind, by label */
	size_t block_count;
	void *arena; /* conf.c's: what the pointers above point into */
};

/* Reads `path`. 0: *out is owned by the caller (conf_free); `errors` may have
 * got warnings. -EINVAL: it has errors, all (up to 20) written to `errors` in
 * the form
 *   FILE:LINE:COLUMN: error: TEXT
 *      41 |   max-cals 56
 *         |   ^^^^^^^^  did you mean "limit"?  (limit <n> calls)
 * Another -errno: unreadable, one line is written. */
int conf_load(struct conf **out, const char *path, FILE *errors);

/* The same from memory, `name` standing for the file. For tests and fuzzers;
 * include is refused. */
int conf_parse(struct conf **out, const char *name, const char *text,
	       size_t len, FILE *errors);

/* What verifies a configuration that has no error else, while it is loaded:
 * what conf/ cannot know. */
struct conf_verify {
	const struct conf *conf;
	void *build; /* conf.c's */
};
typedef void (*conf_verify_fn)(struct conf_verify *verify);

/* As conf_load; `verify` refuses the configuration by conf_verify_failed() or
 * conf_verify_wrong(). */
int conf_load_verified(struct conf **out, const char *path, FILE *errors,
		       conf_verify_fn verify);

/* An error where the test (one of verify->conf's) says what it expects. `hint`
 * (may be NULL) stands after the caret. */
void conf_verify_failed(struct conf_verify *verify,
			const struct conf_test *test, const char *hint,
			const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same at a setting of the gateway's, or where the gateway begins. */
void conf_verify_wrong(struct conf_verify *verify, const char *setting,
		       const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Likewise warnings: at a setting of the gateway's, at a line of a route. */
void conf_verify_doubt(struct conf_verify *verify, const char *setting,
		       const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void conf_verify_line(struct conf_verify *verify,
		      const struct conf_route *route,
		      const struct conf_route_rule *rule, const char *hint,
		      const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Likewise at the name of the rule's target with that number. */
void conf_verify_target(struct conf_verify *verify,
			const struct conf_route *route,
			const struct conf_route_rule *rule, size_t target,
			const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

void conf_free(struct conf *conf);

const struct conf_peer *conf_peer_find(const struct conf *conf,
				       const char *name);
const struct conf_trunk *conf_trunk_find(const struct conf *conf,
					 const char *name);
/* The route of calls from this peer or trunk group. */
const struct conf_route *conf_route_find(const struct conf *conf,
					 const char *from);

/* The peer whose accept-from holds `address`, the longest prefix winning; NULL
 * for a stranger. IPv4-mapped IPv6 addresses are compared as IPv4. */
const struct conf_peer *conf_peer_by_address(const struct conf *conf,
					     const struct sockaddr *address);

/* Writes the reference of every block and setting (name, argument, default,
 * range, help) to `out` as mdoc text, from the settings tables. */
void conf_write_reference(FILE *out);

/* How many calls have RTP ports at a time: each takes two. */
unsigned conf_rtp_pairs(const struct conf_gateway *gateway);

/* "127.0.0.1:5060", "[::1]:5060", or without port when it is 0. */
void conf_format_address(const struct sockaddr_storage *address, char *out,
			 size_t size);

#endif
