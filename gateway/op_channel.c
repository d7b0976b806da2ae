/* block, unblock and restart channel, and hangup span. */
#include "dahdi/isdn.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* "1/5-8"; more than any span has is the span's to refuse. */
struct channels {
	unsigned span, first, last;
	char text[32];
};

static void read_channels(const struct command_line *line, struct channels *out)
{
	const char *word = command_get(line, "CHANNELS");

	*out = (struct channels){ 0 };
	if (sscanf(word, "%9u/%9u-%9u", &out->span, &out->first, &out->last) <
	    3)
		out->last = out->first;
	snprintf(out->text, sizeof out->text, "channel%s %.20s",
		 out->first == out->last ? "" : "s", word);
}

static json_t *done(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static json_t *done(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return json_pack("{s:o}", "done", json_text(text));
}

/* The D channel lies among the B channels: 1/1-31 is all there are. */
static const struct span_info *
find_span(const struct gateway *gw, unsigned number, struct span_info *span)
{
	for (size_t i = 0; i < isdn_span_count(gw->isdn); i++) {
		isdn_span_info(gw->isdn, i, span);
		if (span->number == number)
			return span;
	}
	return NULL;
}

/* True when each of one or more channels is a B channel, but for gaps between
 * them; else the refusal. */
static bool check_channels(const struct gateway *gw, const struct channels *c,
			   json_t **error)
{
	struct span_info span;

	if (!find_span(gw, c->span, &span)) {
		*error = show_problem("no span %u; 'show spans' lists them",
				      c->span);
		return false;
	}
	if (span.leaving) {
		*error = show_problem("span %u is configured no more: it takes "
				      "no new calls, and closes after its last",
				      c->span);
		return false;
	}
	if (c->first >= 1 && c->last <= TDM_TIMESLOTS &&
	    span.channel[c->first] != CHANNEL_VIEW_NONE &&
	    span.channel[c->last] != CHANNEL_VIEW_NONE)
		return true;
	*error = show_problem("span %u has no B channel %u; 'show channels' "
			      "lists them",
			      c->span,
			      c->first < 1 || c->first > TDM_TIMESLOTS ||
					      span.channel[c->first] ==
						      CHANNEL_VIEW_NONE
				      ? c->first
				      : c->last);
	return false;
}

/* ", but for channel 16, which is no B channel"; "" */
static void left_out_text(const struct channels *c,
			  const struct span_info *span, char *out, size_t size)
{
	unsigned count = 0, last = 0;

	for (unsigned n = c->first; n <= c->last; n++)
		if (span->channel[n] == CHANNEL_VIEW_NONE) {
			count++;
			last = n;
		}
	*out = '\0';
	if (count == 1)
		snprintf(out, size, ", but for %u/%u, which is no B channel",
			 c->span, last);
	else if (count)
		snprintf(out, size, ", but for %u that are no B channels",
			 count);
}

json_t *op_block(struct gateway *gw, const struct command_line *line)
{
	bool block = !strcmp(line->syntax.words[0], "block");
	unsigned changed = 0, busy = 0;
	struct channels c;
	struct span_info span;
	char left_out[64];
	json_t *error;

	read_channels(line, &c);
	if (!check_channels(gw, &c, &error))
		return error;
	for (unsigned n = c.first; n <= c.last; n++)
		changed += isdn_block(gw->isdn, c.span, n, block) == 0;
	if (!changed)
		return show_problem("%s: %s", c.text,
				    block ? "blocked already" : "not blocked");
	find_span(gw, c.span, &span);
	left_out_text(&c, &span, left_out, sizeof left_out);
	if (!block)
		return done("%s: unblocked%s", c.text, left_out);
	for (unsigned n = c.first; n <= c.last; n++)
		busy += span.channel[n] == CHANNEL_VIEW_BUSY;
	if (!busy)
		return done("%s: blocked%s", c.text, left_out);
	return done("%s: blocked%s; calls on them that go on: %u", c.text,
		    left_out, busy);
}

static json_t *restart_refused(const struct channels *c, unsigned n, int err)
{
	switch (err) {
	case -ENETDOWN:
		return show_problem("span %u takes no RESTART: its D channel "
				    "is down",
				    c->span);
	case -EBUSY:
		return show_problem("a call is on channel %u/%u: 'show "
				    "channels' tells which; hang it up first",
				    c->span, n);
	default:
		return show_problem("channel %u/%u: %s", c->span, n,
				    strerror(-err));
	}
}

json_t *op_restart(struct gateway *gw, const struct command_line *line)
{
	unsigned sent = 0, left_out = 0, refused = 0;
	struct channels c;
	json_t *error;
	int why = 0;

	read_channels(line, &c);
	if (!check_channels(gw, &c, &error))
		return error;
	for (unsigned n = c.first; n <= c.last; n++) {
		int err = isdn_restart(gw->isdn, c.span, n);

		sent += err == 0;
		if (err == 0 || err == -EINVAL) /* sent, or no B channel */
			continue;
		if (!left_out++) {
			refused = n;
			why = err;
		}
	}
	if (!sent)
		return restart_refused(&c, refused, why);
	if (left_out)
		return done("%s: RESTART sent; left out, for calls are on them "
			    "or they are out: %u",
			    c.text, left_out);
	return done("%s: RESTART sent; in service again when the exchange "
		    "answers",
		    c.text);
}

static bool is_on(const struct call *call, unsigned span)
{
	struct leg_info a, b;
	struct bridge_stats media;

	call_describe(call, &a, &b, &media);
	return a.span == span || b.span == span;
}

json_t *op_hangup_span(struct gateway *gw, const struct command_line *line)
{
	unsigned number = command_number(line, "SPAN", 0), count = 0;
	struct call *call, *next;
	struct span_info span;

	if (!find_span(gw, number, &span))
		return show_problem("no span %u; 'show spans' lists them",
				    number);
	for (call = TAILQ_FIRST(&gw->calls); call; call = next) {
		/* One that ends at once moves to the history. */
		next = TAILQ_NEXT(call, link);
		if (call->end_ms || !is_on(call, number))
			continue;
		call_hangup(call);
		count++;
	}
	return done("span %u: calls released: %u", number, count);
}
