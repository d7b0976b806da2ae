#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 18

static enum ink ink_of(const char *state)
{
	if (!strcmp(state, "up"))
		return INK_GOOD;
	return strcmp(state, "down") ? INK_PLAIN : INK_BAD;
}

static void rtt_cell(struct screen *screen, const json_t *peer)
{
	char text[24] = "-";

	if (json_is_real(json_object_get(peer, "rtt_ms")))
		snprintf(text, sizeof text, "%.1f ms",
			 field_real(peer, "rtt_ms"));
	screen_cell(screen, INK_PLAIN, -9, text);
}

/* What went wrong, and where calls go: only when there is something to say. */
static void detail_line(struct screen *screen, const json_t *peer)
{
	const char *server = field_text(peer, "server");
	long long calls = field_number(peer, "refused_calls");
	long long rate = field_number(peer, "refused_rate");
	long long lost = field_number(peer, "options_lost");

	screen_cell(screen, INK_PLAIN, NAME_WIDTH, "");
	screen_put(screen, INK_DIM, "%.48s",
		   *server ? server : "only calls us");
	render_drain(screen, ", ", peer);
	if (lost)
		screen_put(screen, INK_WARN, ", %lld OPTIONS lost", lost);
	if (calls || rate)
		screen_put(screen, INK_WARN,
			   "\n%*s%lld refused over its calls, "
			   "%lld over its rate",
			   NAME_WIDTH, "", calls, rate);
	screen_put(screen, INK_PLAIN, "\n");
}

static void peer_lines(struct screen *screen, const json_t *peer)
{
	const char *state = field_text(peer, "state");
	long long limit = field_number(peer, "limit_calls");
	char time[DURATION_MAX], now[40];

	format_duration(field_number(peer, "state_ms"), time);
	snprintf(now, sizeof now, limit ? "%lld/%lld" : "%lld",
		 field_number(peer, "calls"), limit);
	screen_cell(screen, INK_BOLD, NAME_WIDTH - 1, field_text(peer, "peer"));
	screen_put(screen, INK_PLAIN, " ");
	screen_cell(screen, ink_of(state), 13, state);
	screen_cell(screen, INK_PLAIN, 10, time);
	rtt_cell(screen, peer);
	screen_cell(screen, INK_PLAIN, -8, now);
	screen_put(screen, INK_PLAIN, "  ");
	render_ratio(screen, field_object(peer, "counts"), "since_start");
	screen_put(screen, INK_PLAIN, "\n");
	detail_line(screen, peer);
}

void render_peers(struct screen *screen, const json_t *answer)
{
	const json_t *peers = field_array(answer, "peers");
	size_t count = json_array_size(peers);

	if (count == 0) {
		screen_put(screen, INK_PLAIN, "No sip-peers.\n");
		return;
	}
	screen_put(screen, INK_DIM,
		   "PEER              STATE        FOR             RTT     NOW "
		   "   ENDED   ASR   ACD\n");
	for (size_t i = 0; i < count; i++)
		peer_lines(screen, json_array_get(peers, i));
}
