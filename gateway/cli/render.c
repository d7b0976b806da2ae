#include "gateway/cli/render.h"

#include "gateway/cli/field.h"

#include "gateway/version.h"

#include <string.h>

static const struct {
	const char *name; /* as in command_table */
	render_fn *fn;
} renderers[] = {
	{ "status", render_status },
	{ "show spans", render_spans },
	{ "show channels", render_channels },
	{ "show grid", render_grid },
	{ "show trunks", render_trunks },
	{ "show peers", render_peers },
	{ "show limits", render_limits },
	{ "show routes", render_routes },
	{ "show stats", render_stats },
	{ "show calls", render_calls },
	{ "show call", render_call },
	{ "show alarms", render_alarms },
	{ "show timers", render_timers },
	{ "show drains", render_drains },
	{ "drain span", render_done },
	{ "drain trunk", render_done },
	{ "drain peer", render_done },
	{ "drain all", render_done },
	{ "undrain span", render_done },
	{ "undrain trunk", render_done },
	{ "undrain peer", render_done },
	{ "undrain all", render_done },
	{ "block channel", render_done },
	{ "unblock channel", render_done },
	{ "restart channel", render_done },
	{ "hangup span", render_done },
	{ "route explain", render_route_explain },
	{ "route test", render_route_test },
	{ "show config", render_config },
	{ "reload", render_reload },
	{ "audit", render_audit },
	{ "hangup", render_done },
	{ "show version", render_version },
	{ "log level", render_done },
	{ "show log", render_log },
	{ "events", render_events },
	{ "help event", render_event_help },
	{ "cdr status", render_cdr },
	{ "cdr rotate", render_done },
	{ "help", render_help },
};

#define RENDERERS (sizeof renderers / sizeof *renderers)

size_t render_count(void)
{
	return RENDERERS;
}

render_fn *render_find(const char *name)
{
	for (size_t i = 0; i < RENDERERS; i++)
		if (!strcmp(renderers[i].name, name))
			return renderers[i].fn;
	return NULL;
}

void render_done(struct screen *screen, const json_t *answer)
{
	screen_wrap(screen, INK_PLAIN, 0, field_text(answer, "done"));
}

/* Two of different age are what is asked for. */
void render_version(struct screen *screen, const json_t *answer)
{
	const char *theirs = field_text(answer, "version");
	char up[DURATION_MAX];

	format_duration(field_number(answer, "uptime_ms"), up);
	screen_put(screen, INK_PLAIN, "%-9s  %.16s  up %s since %.24s\n",
		   field_text(answer, "program"), theirs, up,
		   field_text(answer, "start_utc"));
	screen_put(screen,
		   strcmp(theirs, TOLLGATE_VERSION) ? INK_WARN : INK_PLAIN,
		   "tollgate   " TOLLGATE_VERSION "%s\n",
		   strcmp(theirs, TOLLGATE_VERSION) ? "  not the same" : "");
}

void render_help(struct screen *screen, const json_t *answer)
{
	const json_t *list = field_array(answer, "commands");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		render_command(screen, field_text(row, "command"),
			       field_text(row, "help"));
	}
}

void render_command(struct screen *screen, const char *usage, const char *help)
{
	screen_put(screen, INK_PLAIN, "  ");
	if (strlen(usage) > RENDER_USAGE_WIDTH) {
		screen_wrap(screen, INK_PLAIN, 6, usage);
		screen_put(screen, INK_PLAIN, "%*s", RENDER_USAGE_WIDTH + 4,
			   "");
	} else {
		screen_put(screen, INK_PLAIN, "%-*s  ", RENDER_USAGE_WIDTH,
			   usage);
	}
	screen_wrap(screen, INK_PLAIN, RENDER_USAGE_WIDTH + 4, help);
}
