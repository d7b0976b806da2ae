#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>

#define LABEL_WIDTH 14
#define CAUSES_SHOWN 8

void render_ratio(struct screen *screen, const json_t *counts,
		  const char *window)
{
	const json_t *n = field_object(counts, window);
	char asr[24] = "-", acd[24] = "-";

	if (field_is_number(n, "asr_percent"))
		snprintf(asr, sizeof asr, "%lld %%",
			 field_number(n, "asr_percent"));
	if (field_is_number(n, "acd_s"))
		snprintf(acd, sizeof acd, "%lld s", field_number(n, "acd_s"));
	screen_put(screen, INK_PLAIN, "%8lld", field_number(n, "calls"));
	screen_cell(screen, INK_PLAIN, -6, asr);
	screen_cell(screen, INK_PLAIN, -6, acd);
}

static void window_line(struct screen *screen, const json_t *calls,
			const char *label, const char *window)
{
	const json_t *n = field_object(calls, window);

	screen_cell(screen, INK_PLAIN, LABEL_WIDTH, label);
	render_ratio(screen, calls, window);
	screen_put(screen, INK_PLAIN, "%8lld%8lld%10lld\n",
		   field_number(n, "in"), field_number(n, "out"),
		   field_number(n, "answered"));
}

static void calls_lines(struct screen *screen, const json_t *answer)
{
	const json_t *calls = field_object(answer, "calls");
	char now[32];

	screen_cell(screen, INK_DIM, LABEL_WIDTH, "CALLS");
	screen_put(screen, INK_DIM,
		   "   ENDED   ASR   ACD      IN     OUT  ANSWERED\n");
	window_line(screen, calls, "since start", "since_start");
	snprintf(now, sizeof now, "last %lld min",
		 1 + field_number(answer, "quarter_ms") / 60000 % 100);
	window_line(screen, calls, now, "quarter");
	window_line(screen, calls, "15 min before", "last_quarter");
}

/* The commonest first. */
static void causes_lines(struct screen *screen, const json_t *causes)
{
	size_t count = json_array_size(causes);
	long long below = -1;
	size_t shown = 0;

	if (count == 0)
		return;
	screen_put(screen, INK_DIM, "\nENDED WITH CAUSE\n");
	while (shown < count && shown < CAUSES_SHOWN) {
		long long most = 0;

		for (size_t i = 0; i < count; i++) {
			long long n = field_number(json_array_get(causes, i),
						   "calls");

			if (n > most && (below < 0 || n < below))
				most = n;
		}
		for (size_t i = 0; i < count; i++) {
			const json_t *row = json_array_get(causes, i);

			if (most <= 0 || field_number(row, "calls") != most)
				continue;
			screen_put(screen, INK_PLAIN, "%10lld  %3lld %.56s\n",
				   most, field_number(row, "q850"),
				   field_text(row, "name"));
			shown++;
		}
		if (most <= 0)
			break;
		below = most;
	}
	if (shown < count)
		screen_put(screen, INK_DIM, "%10s  %zu more cause%s: --json\n",
			   "", count - shown,
			   plural((long long)(count - shown)));
}

static void bad_line(struct screen *screen, const json_t *voice)
{
	static const struct {
		const char *key, *text;
	} rows[] = {
		{ "rtp_late", "late" },
		{ "rtp_duplicate", "twice" },
		{ "rtp_malformed", "malformed" },
		{ "rtp_wrong_payload", "of a wrong payload type" },
		{ "rtp_other_source", "of another source beside it" },
		{ "rtp_stranger", "of strangers" },
		{ "rtp_comfort_noise", "of comfort noise" },
		{ "rtp_send_errors", "not sent" },
		{ "ssrc_changes", "with a new source" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (field_number(voice, rows[i].key))
			screen_put(screen, INK_PLAIN, "%10lld  %s\n",
				   field_number(voice, rows[i].key),
				   rows[i].text);
}

static void voice_lines(struct screen *screen, const json_t *voice)
{
	long long received = field_number(voice, "rtp_rx");
	long long lost = field_number(voice, "rtp_lost");
	long long tx = field_number(voice, "rtp_tx");
	long long digits = field_number(voice, "dtmf_to_tdm");
	long long dropped = field_number(voice, "dtmf_dropped");
	double sent = (double)received + (double)lost;

	screen_put(screen, INK_DIM, "\nVOICE OF THE CALLS THAT ARE OVER\n");
	screen_put(screen, INK_PLAIN, "%10lld  packet%s sent\n", tx,
		   plural(tx));
	screen_put(screen, INK_PLAIN, "%10lld  received\n", received);
	screen_put(screen, lost ? INK_WARN : INK_PLAIN,
		   "%10lld  lost, %.3f %%\n", lost,
		   sent > 0 ? 100.0 * (double)lost / sent : 0.0);
	bad_line(screen, voice);
	screen_put(screen, INK_PLAIN, "%10.1f  s concealed\n",
		   (double)field_number(voice, "concealed_ms") / 1000.0);
	screen_put(screen, INK_PLAIN, "%10.1f  ms jitter at the most\n",
		   field_real(voice, "jitter_ms_max"));
	screen_put(screen, INK_PLAIN,
		   "%10lld  digit%s to the line, %lld to SIP\n", digits,
		   plural(digits), field_number(voice, "dtmf_to_rtp"));
	if (dropped)
		screen_put(
			screen, INK_WARN,
			"%10lld  digit%s not played to the line: too many at "
			"once, or overtaken\n",
			dropped, plural(dropped));
}

void render_stats(struct screen *screen, const json_t *answer)
{
	calls_lines(screen, answer);
	causes_lines(screen, field_array(answer, "causes"));
	voice_lines(screen, field_object(answer, "voice"));
}
