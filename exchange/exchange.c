/* All in one thread: the voice of a span costs about 20 us per tick, so 128 of
 * them take a quarter of a core, and calls need no lock.
 */
#include "exchange/exchange.h"

#include "exchange/batch.h"
#include "exchange/report.h"
#include "gateway/control.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exchange {
	struct exchange_config cfg;
	struct virtual_exchange *vx;
	struct sound_tones *tones[LINE_TYPES];
	struct exchange_span *span[EXCHANGE_SPANS_MAX];
	struct batches *batches;
	struct control *control;
	unsigned last_id;
	/* The last calls that are over: a ring, `ended_count` in all. */
	struct call_record ended[EXCHANGE_RECORDS];
	uint64_t ended_count;
};

static unsigned next_id(void *ctx)
{
	struct exchange *ex = ctx;

	return ++ex->last_id;
}

static void call_ended(void *ctx, const struct call_record *record)
{
	struct exchange *ex = ctx;

	ex->ended[ex->ended_count++ % EXCHANGE_RECORDS] = *record;
}

static int spans_new(struct exchange *ex, struct loop *loop)
{
	struct exchange_span_config cfg = {
		.loop = loop,
		.vx = ex->vx,
		.prefix = ex->cfg.prefix,
		.delay_ms = ex->cfg.delay_ms,
		.loss_db = ex->cfg.loss_db,
		.t309_s = ex->cfg.t309_s ? ex->cfg.t309_s : EXCHANGE_T309_S,
		.next_id = next_id,
		.ended = call_ended,
		.ctx = ex,
	};
	int err = 0;

	for (unsigned i = 0; i < ex->cfg.spans && !err; i++) {
		cfg.number = i + 1;
		cfg.line = ex->cfg.line[i];
		cfg.tones = ex->tones[cfg.line.type];
		err = exchange_span_new(&ex->span[i], &cfg);
	}
	return err;
}

static bool has_virtual(const struct exchange_config *cfg)
{
	for (unsigned i = 0; i < cfg->spans; i++)
		if (!cfg->line[i].dahdi)
			return true;
	return false;
}

/* In the law of each type of line. */
static int tones_new(struct exchange *ex)
{
	int err = 0;

	for (int type = 0; type < LINE_TYPES && !err; type++)
		err = sound_tones_new(&ex->tones[type], line_desc(type)->law,
				      ex->cfg.tones);
	return err;
}

int exchange_new(struct exchange **out, struct loop *loop,
		 const struct exchange_config *cfg, const char **what)
{
	struct exchange *ex;
	int err;

	*what = "the exchange";
	if (cfg->spans < 1 || cfg->spans > EXCHANGE_SPANS_MAX)
		return -EINVAL;
	ex = calloc(1, sizeof *ex);
	if (!ex)
		return -ENOMEM;
	ex->cfg = *cfg;
	err = tones_new(ex);
	if (err < 0)
		goto fail;
	/* The socket before the spans: a second exchange must fail before it
	 * does anything. */
	*what = cfg->socket;
	if (has_virtual(cfg))
		err = virtual_exchange_new(&ex->vx, loop, cfg->socket,
					   cfg->spans);
	if (err < 0)
		goto fail;
	*what = "the spans";
	err = spans_new(ex, loop);
	if (err < 0)
		goto fail;
	err = batches_new(&ex->batches, loop_timers(loop), ex->span,
			  cfg->spans);
	if (err < 0)
		goto fail;
	*what = cfg->control;
	err = control_new(&ex->control, loop, cfg->control, exchange_command,
			  ex);
	if (err < 0)
		goto fail;
	*out = ex;
	return 0;
fail:
	exchange_free(ex);
	return err;
}

void exchange_free(struct exchange *ex)
{
	if (!ex)
		return;
	control_free(ex->control);
	batches_free(ex->batches);
	for (unsigned i = 0; i < EXCHANGE_SPANS_MAX; i++)
		exchange_span_free(ex->span[i]);
	virtual_exchange_free(ex->vx);
	for (int type = 0; type < LINE_TYPES; type++)
		sound_tones_free(ex->tones[type]);
	free(ex);
}

/* Calls end in another order than they begin, and those in progress are kept
 * elsewhere; people and tests read them as they came. */
static int by_id(const void *a, const void *b)
{
	const struct call_record *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static size_t count_busy(const struct exchange *ex)
{
	size_t busy = 0;

	for (unsigned i = 0; i < ex->cfg.spans; i++) {
		struct exchange_span_info info;

		exchange_span_info(ex->span[i], &info);
		busy += info.busy;
	}
	return busy;
}

/* Those that are over and those in progress, in the order of their SETUPs. */
static json_t *show_calls(const struct exchange *ex)
{
	size_t count = ex->ended_count < EXCHANGE_RECORDS
			       ? (size_t)ex->ended_count
			       : EXCHANGE_RECORDS;
	struct call_record *all =
		calloc(count + count_busy(ex) + 1, sizeof *all);
	json_t *calls = json_array();

	if (!all || !calls)
		goto out;
	memcpy(all, ex->ended, count * sizeof *all);
	for (unsigned i = 0; i < ex->cfg.spans; i++)
		for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
			count +=
				exchange_span_call(ex->span[i], n, &all[count]);
	qsort(all, count, sizeof *all, by_id);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(calls, report_call(&all[i]));
out:
	free(all);
	return calls;
}

static json_t *show(const struct exchange *ex)
{
	json_t *spans = json_array();

	for (unsigned i = 0; i < ex->cfg.spans; i++) {
		struct exchange_span_info info;

		exchange_span_info(ex->span[i], &info);
		json_array_append_new(spans, report_span(&info));
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "socket",
			 ex->cfg.socket, "prefix", ex->cfg.prefix,
			 "calls_total", (json_int_t)ex->last_id, "calls_over",
			 (json_int_t)ex->ended_count, "calls_to_make",
			 (json_int_t)batches_left(ex->batches), "spans", spans,
			 "calls", show_calls(ex));
}

static json_t *error(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static json_t *error(const char *fmt, ...)
{
	char text[CONTROL_LINE_MAX + 80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return json_pack("{s:s}", "error", text);
}

/* "layer1 down 3": the words behind `what`. */
static json_t *switch_span(struct exchange *ex, int argc, char *const argv[],
			   int (*fn)(struct exchange_span *span, bool up))
{
	unsigned long number;
	char *end;
	bool up;

	if (argc != 3 || (strcmp(argv[1], "down") && strcmp(argv[1], "up")))
		return error("it is: %s down|up SPAN", argv[0]);
	up = !strcmp(argv[1], "up");
	number = strtoul(argv[2], &end, 10);
	if (*end || number < 1 || number > ex->cfg.spans)
		return error("span %.20s does not exist: this exchange has "
			     "1..%u",
			     argv[2], ex->cfg.spans);
	if (fn(ex->span[number - 1], up) < 0)
		return error("span %lu is a span of DAHDI's: its line is not "
			     "the exchange's to take away",
			     number);
	return json_pack("{s:i, s:s}", "span", (int)number, argv[0], argv[1]);
}

static const char *why_not_made(int err)
{
	switch (err) {
	case -ENETDOWN: return "its D channel is down: no gateway answers";
	case -EBUSY: return "every channel has a call";
	case -EIO: return "libpri does not take the SETUP";
	default: return strerror(-err);
	}
}

/* "call NUMBER [OPTION]..." */
static json_t *make_calls(struct exchange *ex, int argc, char *const argv[])
{
	struct call_record first;
	struct order order;
	char why[160];
	int err = order_parse(&order, argc - 1, argv + 1, why, sizeof why);

	if (err < 0)
		return error("%s", why);
	if (order.span > ex->cfg.spans)
		return error("span %u does not exist: this exchange has 1..%u",
			     order.span, ex->cfg.spans);
	err = batch_start(ex->batches, &order, &first);
	if (err == -ENOMEM)
		return error("no memory for the call");
	/* Those that follow may be luckier. */
	if (err < 0 && order.count == 1)
		return error("no call on span %u: %s", first.span,
			     why_not_made(err));
	return json_pack("{s:I, s:o}", "count", (json_int_t)order.count, "call",
			 report_call(&first));
}

char *exchange_command(void *exchange, int argc, char *const argv[])
{
	struct exchange *ex = exchange;
	json_t *answer;
	char *text;

	if (!strcmp(argv[0], "show") && argc == 1)
		answer = show(ex);
	else if (!strcmp(argv[0], "layer1"))
		answer = switch_span(ex, argc, argv, exchange_span_layer1);
	else if (!strcmp(argv[0], "dchannel"))
		answer = switch_span(ex, argc, argv, exchange_span_dchannel);
	else if (!strcmp(argv[0], "call"))
		answer = make_calls(ex, argc, argv);
	else
		answer = error("unknown command \"%.40s\": there are show, "
			       "call NUMBER, layer1 down|up SPAN, dchannel "
			       "down|up SPAN",
			       argv[0]);
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return text;
}
