#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <string.h>

#define SETTINGS_SHOWN 8 /* of a block */

static const struct {
	const char *takes, *title;
	enum ink ink;
} groups[] = {
	{ "at once", "At once", INK_GOOD },
	{ "idle", "When the span has no call", INK_WARN },
	{ "restart", "By a restart", INK_WARN },
};

#define GROUPS (sizeof groups / sizeof *groups)

static void put_line(struct screen *screen, enum ink ink, const char *mark,
		     const char *text)
{
	screen_put(screen, ink, "      %s ", mark);
	screen_wrap(screen, ink, 8, text);
}

static void put_setting(struct screen *screen, const json_t *setting)
{
	const char *was = field_text(setting, "was");
	const char *now = field_text(setting, "now");

	if (!strcmp(was, now)) {
		put_line(screen, INK_PLAIN, "~", now);
		return;
	}
	if (*was)
		put_line(screen, INK_BAD, "-", was);
	if (*now)
		put_line(screen, INK_GOOD, "+", now);
}

/* Those of its settings that take effect so: a block may have of each. */
static long long put_settings(struct screen *screen, const json_t *block,
			      const char *takes)
{
	const json_t *settings = field_array(block, "settings"), *setting;
	long long shown = 0;
	size_t i;

	json_array_foreach(settings, i, setting)
	{
		if (strcmp(field_text(setting, "takes"), takes) != 0)
			continue;
		if (shown < SETTINGS_SHOWN)
			put_setting(screen, setting);
		shown++;
	}
	return shown;
}

static bool belongs(const json_t *block, const char *takes)
{
	const json_t *settings = field_array(block, "settings"), *setting;
	size_t i;

	if (!json_array_size(settings))
		return !strcmp(field_text(block, "takes"), takes);
	json_array_foreach(settings, i,
			   setting) if (!strcmp(field_text(setting, "takes"),
						takes)) return true;
	return false;
}

static void put_block(struct screen *screen, const json_t *block,
		      const char *takes)
{
	long long all = field_number(block, "settings_changed"), shown;

	screen_put(screen, INK_BOLD, "  %s", field_text(block, "block"));
	screen_put(screen, INK_PLAIN, " %s", field_text(block, "change"));
	screen_put(screen, INK_DIM, "  %s:%lld\n", field_text(block, "file"),
		   field_number(block, "line"));
	shown = put_settings(screen, block, takes);
	if (shown > SETTINGS_SHOWN)
		screen_put(screen, INK_DIM,
			   "      and %lld more (--json has up to 100)\n",
			   (all > shown ? all : shown) - SETTINGS_SHOWN);
}

static void put_group(struct screen *screen, const json_t *changes,
		      size_t group)
{
	const char *takes = groups[group].takes;
	const json_t *block;
	bool titled = false;
	size_t i;

	json_array_foreach(changes, i, block)
	{
		if (!belongs(block, takes))
			continue;
		if (!titled)
			screen_put(screen, groups[group].ink, "%s\n",
				   groups[group].title);
		titled = true;
		put_block(screen, block, takes);
	}
}

static void put_waiting(struct screen *screen, const json_t *answer)
{
	const json_t *row;
	size_t i;

	json_array_foreach(field_array(answer, "waiting"), i, row)
	{
		long long calls = field_number(row, "calls");

		screen_put(screen, INK_WARN,
			   "Span %lld has %lld call%s: it %s\n",
			   field_number(row, "span"), calls, plural(calls),
			   field_is_true(row, "removed")
				   ? "is closed after the last one."
				   : "takes its new settings after the last "
				     "one.");
	}
}

static bool needs_restart(const json_t *changes)
{
	const json_t *block;
	size_t i;

	json_array_foreach(changes, i,
			   block) if (!strcmp(field_text(block, "takes"),
					      "restart")) return true;
	return false;
}

void render_reload(struct screen *screen, const json_t *answer)
{
	const json_t *changes = field_array(answer, "changes");
	const char *file = field_text(answer, "file");
	const char *warnings = field_text(answer, "warnings");
	bool plan = field_is_true(answer, "plan");

	if (*warnings)
		screen_put(screen, INK_WARN, "%s", warnings);
	if (!json_array_size(changes))
		screen_put(screen, INK_GOOD, "%s is good and is what runs.\n",
			   file);
	else
		screen_put(screen, INK_GOOD, "%s is good%s\n", file,
			   plan ? "; a reload would take:" : ". Taken:");
	for (size_t g = 0; g < GROUPS; g++)
		put_group(screen, changes, g);
	put_waiting(screen, answer);
	if (plan && json_array_size(changes))
		screen_put(screen, INK_PLAIN, "Nothing was changed.\n");
	else if (needs_restart(changes))
		screen_put(
			screen, INK_WARN,
			"Restart tollgated to take what needs it; until then "
			"that is as before.\n");
}
