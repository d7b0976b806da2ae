#include "conf/args.h"
#include "media/gain.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Of an E1, the larger one. Its timeslot 0 carries the frame alignment (G.704
 * 2.3) and is neither a B nor a D channel. */
#define TIMESLOT_MAX 31
/* The D channel is where it is on such a line. */
#define BY_LINE 0
#define ECHO_TAIL_MS 16
#define TAPS_PER_MS 8

static int apply_number(struct args *args, struct draft *draft)
{
	const struct token *at = args_peek(args);
	unsigned number;

	if (args_count(args, "a span number", 1, SPAN_NUMBER_MAX, &number))
		return -EINVAL;
	draft->name_at = at;
	draft->name = at->text;
	draft->as.span.number = number;
	draft->label = report_text(&args->build->report, "span %u", number);
	return args_end(args);
}

/* The span above that "like" names, complete except for its own number. */
static const struct draft *span_above(const struct build *build,
				      const struct draft *draft,
				      unsigned number)
{
	const struct draft *other = build->drafts[BLOCK_SPAN].first;

	while (other && (other == draft || other->as.span.number != number))
		other = other->next;
	return other;
}

/* "span 2 { like span 1 }". */
static int apply_like(struct args *args, struct draft *draft)
{
	const struct draft *other;
	const struct token *at;
	unsigned number, own = draft->as.span.number;
	bool unknown = draft->unknown;

	/* Until it is found, nothing can be said to be missing. */
	draft->unknown = true;
	if (args_expect(args, "span"))
		return -EINVAL;
	at = args_peek(args);
	if (args_count(args, "a span number", 1, SPAN_NUMBER_MAX, &number) ||
	    args_end(args))
		return -EINVAL;
	if (draft->statements > 1)
		return args_error(args, args->tokens,
				  "\"like\" comes first in a block: it would "
				  "undo the settings above it");
	other = span_above(args->build, draft, number);
	if (!other && args->build->unsure[BLOCK_SPAN])
		return -EINVAL;
	if (!other)
		return args_error(args, at, "there is no span %u above %s",
				  number, draft->label);
	draft->as.span = other->as.span;
	draft->as.span.number = own;
	/* Where its line has it; ours may yet become another line. */
	if (other->as.span.dchannel == line_desc(other->as.span.line)->dchannel)
		draft->as.span.dchannel = BY_LINE;
	draft->broken = other->broken;
	draft->unknown = unknown || other->unknown;
	memcpy(draft->given, other->given, sizeof draft->given);
	draft->digest += other->digest;
	return 0;
}

/* The exchange numbers its spans itself: ours may be 5 and its own 1. */
static int apply_virtual(struct args *args, struct conf_span *span)
{
	if (args_path(args, "the path of the exchange's socket", span->socket,
		      sizeof span->socket) ||
	    args_expect(args, "span"))
		return -EINVAL;
	return args_count(args, "a span number", 1, SPAN_NUMBER_MAX,
			  &span->device_span);
}

static int apply_dahdi_text(struct args *args, const char *what,
			    struct conf_span *span)
{
	const struct token *at = args_take(args, what);
	size_t len;

	if (!at)
		return -EINVAL;
	len = strlen(at->text);
	if (len == 0 || len >= sizeof span->dahdi_text)
		return args_error(args, at, "%s has 1 to %zu characters", what,
				  sizeof span->dahdi_text - 1);
	memcpy(span->dahdi_text, at->text, len + 1);
	return 0;
}

/* DAHDI numbers spans as their modules are loaded; a card's place in the
 * machine stays. */
static int apply_dahdi(struct args *args, struct conf_span *span)
{
	if (args_word(args, "location")) {
		span->dahdi = CONF_DAHDI_LOCATION;
		if (apply_dahdi_text(args, "a location", span) ||
		    args_expect(args, "span"))
			return -EINVAL;
	} else if (args_word(args, "description")) {
		span->dahdi = CONF_DAHDI_DESCRIPTION;
		return apply_dahdi_text(args, "a description", span);
	}
	return args_count(args, "a span number", 1, SPAN_NUMBER_MAX,
			  &span->device_span);
}

static int apply_device(struct args *args, struct draft *draft)
{
	static const struct keyword devices[] = {
		{ "virtual", CONF_DEVICE_VIRTUAL, "simulated loop", false },
		{ "dahdi", CONF_DEVICE_DAHDI, "zaptel card", false },
		{ NULL, 0, NULL, false },
	};
	struct conf_span *span = &draft->as.span;
	unsigned device;

	if (args_keyword(args, "a kind of device", devices, &device))
		return -EINVAL;
	/* Another span's device may be here by "like". */
	span->device = (enum conf_device)device;
	span->dahdi = CONF_DAHDI_NUMBER;
	span->device_span = 0;
	span->socket[0] = span->dahdi_text[0] = '\0';
	if (device == CONF_DEVICE_DAHDI ? apply_dahdi(args, span)
					: apply_virtual(args, span))
		return -EINVAL;
	return args_end(args);
}

static int apply_line(struct args *args, struct draft *draft)
{
	static const struct keyword lines[] = {
		{ "e1", LINE_TYPE_E1, "2048k", false },
		{ "t1", LINE_TYPE_T1, "1544k ds1", false },
		{ "j1", 0, NULL, true },
		{ NULL, 0, NULL, false },
	};
	/* What only a card can be told. */
	static const struct keyword options[] = {
		{ "hdb3", 0, NULL, true },  { "ami", 0, NULL, true },
		{ "crc4", 0, NULL, true },  { "no-crc4", 0, NULL, true },
		{ "b8zs", 0, NULL, true },  { "esf", 0, NULL, true },
		{ "clock", 0, NULL, true }, { NULL, 0, NULL, false },
	};
	unsigned line, option;

	if (args_keyword(args, "a kind of line", lines, &line))
		return -EINVAL;
	if (args_left(args) &&
	    args_keyword(args, "an option of a line", options, &option))
		return -EINVAL;
	draft->as.span.line = (enum line_type)line;
	return args_end(args);
}

/* The side is ours: towards the public network a gateway is the user, towards
 * a PBX it would be the network. */
static int apply_protocol(struct args *args, struct draft *draft)
{
	static const struct keyword protocols[] = {
		{ "euroisdn", LINE_EUROISDN,
		  "dss1 etsi net5 pri-net5 primary-net5", false },
		{ "ni2", LINE_NI2, "national pri-ni primary-ni", false },
		{ "qsig", 0, NULL, true },
		{ "dms100", 0, NULL, true },
		{ "4ess", 0, NULL, true },
		{ "5ess", 0, NULL, true },
		{ NULL, 0, NULL, false },
	};
	static const struct keyword sides[] = {
		{ "user", false, "cpe te terminal pri_cpe", false },
		{ "network", true, "net nt pri_net", true },
		{ NULL, 0, NULL, false },
	};
	unsigned protocol, network;

	if (args_keyword(args, "a protocol", protocols, &protocol) ||
	    args_expect(args, "side") ||
	    args_keyword(args, "a side", sides, &network))
		return -EINVAL;
	draft->as.span.protocol = (enum line_protocol)protocol;
	draft->as.span.network_side = network;
	return args_end(args);
}

/* Fractional lines are common: "channels 1-10" is ten B channels of a carrier
 * that sells them singly. The line says where its D channel is, but leased
 * lines with it elsewhere exist. */
static int apply_channels(struct args *args, struct draft *draft)
{
	const struct token *at;
	unsigned slots[2], dchannel = BY_LINE;
	uint32_t channels = 0;

	do {
		at = args_peek(args);
		if (args_range(args, "a timeslot or a range of them", 1,
			       TIMESLOT_MAX, slots))
			return -EINVAL;
		for (unsigned t = slots[0]; t <= slots[1]; t++) {
			if (channels & 1u << t)
				return args_error(args, at,
						  "timeslot %u is named twice",
						  t);
			channels |= 1u << t;
		}
	} while (args_left(args) && strcmp(args_peek(args)->text, "d-channel"));
	if (args_word(args, "d-channel")) {
		at = args_peek(args);
		if (args_count(args, "a timeslot", 1, TIMESLOT_MAX, &dchannel))
			return -EINVAL;
	}
	if (dchannel && channels & 1u << dchannel)
		return args_error(args, at,
				  "the D channel, timeslot %u, is among the B "
				  "channels",
				  dchannel);
	draft->as.span.channels = channels;
	draft->as.span.dchannel = dchannel;
	return args_end(args);
}

/* Seen from the gateway, as cards name them: it receives from the line. */
static int apply_gain(struct args *args, struct draft *draft)
{
	struct conf_span *span = &draft->as.span;

	if (args_expect(args, "receive") ||
	    args_level(args, GAIN_MAX_DDB, &span->receive_ddb) ||
	    args_expect(args, "transmit") ||
	    args_level(args, GAIN_MAX_DDB, &span->transmit_ddb))
		return -EINVAL;
	return args_end(args);
}

/* DAHDI takes tails of a power of two only. */
static int apply_echo(struct args *args, struct draft *draft)
{
	static const struct keyword echoes[] = {
		{ "hardware", true, "on yes dahdi mg2", false },
		{ "off", false, "no none", false },
		{ NULL, 0, NULL, false },
	};
	unsigned hardware, tail_ms = ECHO_TAIL_MS;
	const struct token *at;

	if (args_keyword(args, "an echo canceller", echoes, &hardware))
		return -EINVAL;
	if (hardware && args_word(args, "tail")) {
		at = args_peek(args);
		if (args_time(args, 4, 128, &tail_ms))
			return -EINVAL;
		if (tail_ms & (tail_ms - 1))
			return args_error(args, at,
					  "a tail is 4ms, 8ms, 16ms, 32ms, "
					  "64ms or 128ms");
	}
	draft->as.span.echo_taps = hardware ? tail_ms * TAPS_PER_MS : 0;
	return args_end(args);
}

/* Channel identification, Q.931 4.5.13: octet 3 bit 4. A preferred channel
 * lets the exchange resolve a collision by taking another one; with an
 * exclusive one the call fails with cause 44. */
static int apply_selection(struct args *args, struct draft *draft)
{
	static const struct keyword selections[] = {
		{ "preferred", 0, NULL, false },
		{ "exclusive", 1, NULL, false },
		{ NULL, 0, NULL, false },
	};
	unsigned exclusive;

	if (args_keyword(args, "a way to choose a channel", selections,
			 &exclusive))
		return -EINVAL;
	draft->as.span.exclusive = exclusive;
	return args_end(args);
}

/* Defaults are in the row of "timers": those of Q.921 5.9 and of Q.931 table
 * 9-2 (user side), which leaves a range for T309 (6 to 90 s; the longest keeps
 * most calls over a short break) and T310 (30 to 120 s). The lower ends of our
 * ranges leave room for tests, not for operation. */
#define TIMER(t) .offset = offsetof(struct conf_span, t##_ms)

const struct timer_setting timer_settings[] = {
	{ .name = "t200",
	  .min_ms = 100,
	  .max_ms = 10000,
	  TIMER(t200),
	  .help = "repeats an unacknowledged Q.921 frame" },
	{ .name = "t203",
	  .min_ms = 1000,
	  .max_ms = 60000,
	  TIMER(t203),
	  .help = "polls a silent D channel" },
	{ .name = "t301",
	  .min_ms = 30000,
	  .max_ms = 600000,
	  TIMER(t301),
	  .help = "ends a call that nobody answers" },
	{ .name = "t303",
	  .min_ms = 1000,
	  .max_ms = 30000,
	  TIMER(t303),
	  .help = "waits for an answer to SETUP" },
	{ .name = "t305",
	  .min_ms = 4000,
	  .max_ms = 120000,
	  TIMER(t305),
	  .help = "waits for RELEASE after DISCONNECT" },
	{ .name = "t308",
	  .min_ms = 1000,
	  .max_ms = 30000,
	  TIMER(t308),
	  .help = "waits for RELEASE COMPLETE after RELEASE" },
	{ .name = "t309",
	  .min_ms = 1000,
	  .max_ms = 300000,
	  TIMER(t309),
	  .help = "keeps answered calls while the D channel is down" },
	{ .name = "t310",
	  .min_ms = 5000,
	  .max_ms = 300000,
	  TIMER(t310),
	  .help = "ends a call that gets no further than CALL PROCEEDING" },
	{ .name = "t313",
	  .min_ms = 1000,
	  .max_ms = 30000,
	  TIMER(t313),
	  .help = "waits for CONNECT ACKNOWLEDGE" },
	{ .name = NULL },
};

static const struct timer_setting *timer_find(const char *name)
{
	for (const struct timer_setting *t = timer_settings; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* Only those named change, so that "timers t310 30s" keeps the others. */
static int apply_timers(struct args *args, struct draft *draft)
{
	unsigned done = 0, ms;

	do {
		const struct token *at = args_take(args, "a timer");
		const struct timer_setting *timer;

		if (!at)
			return -EINVAL;
		timer = timer_find(at->text);
		if (!timer)
			return args_error(args, at, "\"%s\" is not a timer",
					  at->text);
		if (done & 1u << (timer - timer_settings))
			return args_error(args, at, "%s is named twice",
					  at->text);
		done |= 1u << (timer - timer_settings);
		if (args_time(args, timer->min_ms, timer->max_ms, &ms))
			return -EINVAL;
		*(uint32_t *)((char *)&draft->as.span + timer->offset) = ms;
	} while (args_left(args));
	return 0;
}

/* The exchange may hold calls of a process that is no more: it knows of them
 * only what it hears. A leased line to a PBX that hears RESTART as an alarm is
 * the reason for "never". */
static int apply_restart(struct args *args, struct draft *draft)
{
	static const struct keyword policies[] = {
		{ "first-up", true, "start once yes on", false },
		{ "never", false, "no off none", false },
		{ NULL, 0, NULL, false },
	};
	unsigned first_up;

	if (args_keyword(args, "a policy of restart", policies, &first_up))
		return -EINVAL;
	draft->as.span.restart_first_up = first_up;
	return args_end(args);
}

/* Seen here, or had by "like". */
static bool is_given(const struct draft *draft, const char *name)
{
	return draft->given[setting_find(draft->desc, name) -
			    draft->desc->settings];
}

static void channels_error(struct build *build, const struct draft *draft,
			   const char *what)
{
	const struct token *at = setting_seen(draft, "channels");

	if (!at)
		at = setting_seen(draft, "line");
	report_error(&build->report, at ? at : draft->name_at,
		     setting_usage(&build->report,
				   setting_find(draft->desc, "channels")),
		     "%s", what);
}

/* Only now is it known what the line is: settings come in any order. */
static void check_span_block(struct build *build, struct draft *draft)
{
	struct conf_span *span = &draft->as.span;
	const struct line_desc *line = line_desc(span->line);
	uint32_t all = (uint32_t)((UINT64_C(2) << line->timeslots) - 2);

	span->law = line->law;
	if (!is_given(draft, "protocol"))
		span->protocol = line->protocol;
	if (!is_given(draft, "channels")) {
		span->channels = line->channels;
		span->dchannel = line->dchannel;
	}
	if (span->dchannel == BY_LINE)
		span->dchannel = line->dchannel;
	if ((span->channels | 1u << span->dchannel) & ~all)
		channels_error(build, draft,
			       report_text(&build->report,
					   "a %s has the timeslots 1 to %u",
					   line->name, line->timeslots));
	else if (span->channels & 1u << span->dchannel)
		channels_error(build, draft,
			       report_text(&build->report,
					   "the D channel, timeslot %u, is "
					   "among the B channels",
					   span->dchannel));
}

static const struct setting span_settings[] = {
	{
		.name = "like",
		.effect = CONF_IDLE,
		.syntax = "span <number>",
		.also = "same inherit copy template",
		.help = "Takes over all settings of a span further up. What "
			"follows changes them.",
		.apply = apply_like,
	},
	{
		.name = "device",
		.effect = CONF_IDLE,
		.syntax = "virtual <path> span <number> | dahdi <number>",
		.range = "span 1 to 128",
		.also = "card port interface dahdi virtual",
		.help = "What carries the span. virtual: one of the spans "
			"of the exchange in software, tollgate-exchange, "
			"whose Unix socket is at the path. dahdi: a span of "
			"a card, by DAHDI's number of it, which follows the "
			"order in which modules are loaded. \"dahdi location "
			"<text> span <number>\" names it by the place of its "
			"card in the machine and which of that card's spans "
			"it is, \"dahdi description <text>\" by its "
			"description or name, as dahdi_scan prints them. "
			"dahdi_cfg must have configured its channels; which "
			"DAHDI channels they are is found out.",
		.flags = SETTING_REQUIRED,
		.apply = apply_device,
	},
	{
		.name = "line",
		.effect = CONF_IDLE,
		.syntax = "e1 | t1",
		.fallback = "e1",
		.also = "span-type framing linecode law e1 t1",
		.help = "The kind of line. e1: 2048 kbit/s, 31 timeslots, "
			"A-law. t1: 1544 kbit/s, 24 timeslots, mu-law. A "
			"device of the other kind is not used.",
		.apply = apply_line,
	},
	{
		.name = "protocol",
		.effect = CONF_IDLE,
		.syntax = "euroisdn | ni2 side user",
		.fallback = "euroisdn side user",
		.also = "switchtype switch-type signalling signaling dialect",
		.help = "Signalling on the D channel, Tollgate being the "
			"subscriber. euroisdn: EuroISDN (ETSI EN 300 403, "
			"Q.931), on either line. ni2: National ISDN 2, "
			"the default on a T1.",
		.apply = apply_protocol,
	},
	{
		.name = "channels",
		.effect = CONF_IDLE,
		.syntax = "<timeslots> ... [d-channel <timeslot>]",
		.fallback = "1-15 17-31 d-channel 16",
		.range = "timeslots 1 to 31, on a T1 to 24",
		.also = "channel timeslots bchan bchannels b-channels dchan "
			"pri-group d-channel",
		.help = "Timeslots that carry calls, single ones or ranges "
			"such as 1-15, and the one of the D channel (16, on a "
			"T1 24, if left out). The default on a T1 is 1-23 "
			"d-channel 24.",
		.apply = apply_channels,
	},
	{
		.name = "channel-selection",
		.syntax = "preferred | exclusive",
		.fallback = "preferred",
		.also = "priexclusive exclusive selection",
		.help = "Whether the exchange may answer SETUP with another "
			"channel than the one asked for (preferred) or must "
			"take it or refuse the call (exclusive).",
		.apply = apply_selection,
	},
	{
		.name = "gain",
		.syntax = "receive <level> transmit <level>",
		.fallback = "receive 0dB transmit 0dB",
		.range = "-24dB to 24dB",
		.also = "rxgain txgain gains volume level receive transmit",
		.help = "How much louder, or with a minus softer, the voice "
			"is made that comes from the line (receive) and that "
			"goes to it (transmit). What gets too loud is "
			"clipped. At 0dB every octet passes as it is.",
		.apply = apply_gain,
	},
	{
		.name = "echo",
		.effect = CONF_IDLE,
		.syntax = "hardware [tail <time>] | off",
		.fallback = "hardware tail 16ms",
		.range = "a tail of 4ms, 8ms, 16ms, 32ms, 64ms or 128ms",
		.also = "echocancel echocanceller echocancelwhenbridged",
		.help = "Whether answered calls have the echo canceller that "
			"DAHDI has for their channel (echocanceller= in "
			"/etc/dahdi/system.conf), the card's or its own. "
			"Tail is how late an echo may come that it cancels; "
			"a card's has its own. When DAHDI hears a fax or "
			"modem answer, the call has it no longer. "
			"Virtual spans have none.",
		.apply = apply_echo,
	},
	{
		.name = "timers",
		.syntax = "<timer> <time> ...",
		.fallback = "t200 1s t203 10s t301 180s t303 4s t305 30s "
			    "t308 4s t309 90s t310 60s t313 4s",
		.range = "t200, t203, t301, t303, t305, t308, t309, t310, t313",
		.also = "timer pritimer t301 t303 t305 t308 t309 t310 t313 "
			"t200 t203",
		.help = "Timers of Q.921 and Q.931. Those that are left out "
			"keep their defaults.",
		.apply = apply_timers,
	},
	{
		.name = "restart",
		.syntax = "first-up | never",
		.fallback = "first-up",
		.also = "resetinterval reset restart-channels",
		.help = "Whether each channel is restarted when the D channel "
			"comes up for the first time after a start (Q.931 "
			"5.5): the exchange then clears the calls that it "
			"still has from before. A channel whose release was "
			"never answered is restarted in either case.",
		.apply = apply_restart,
	},
	{ .name = NULL },
};

const struct block_desc span_block = {
	.open = {
		.name = "span",
		.syntax = "<number>",
		.range = "1 to 128",
		.also = "e1 pri controller isdn trunk-span",
		.help = "One primary rate interface.",
		.apply = apply_number,
	},
	.settings = span_settings,
	.check = check_span_block,
};
