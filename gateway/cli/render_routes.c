#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_WIDTH 24

/* What is written behind the number, unless the line has others too. */
static const char *behind(const char *text, const char *number)
{
	size_t len = strlen(number);

	if (strncmp(text, number, len) != 0 || text[len] != ' ' ||
	    strchr("+0123456789", text[len + 1]) ||
	    !strncmp(text + len + 1, "class ", 6))
		return text;
	return text + len + 1;
}

/* The line as it is written, the place of it in brackets behind it. */
static void rule_line(struct screen *screen, const json_t *rule)
{
	const char *class = field_text(rule, "class");
	const char *place = field_text(rule, "place");
	const char *file = strrchr(place, '/');
	char number[64], text[600];

	snprintf(number, sizeof number, "%.60s", field_text(rule, "number"));
	if (!*number)
		snprintf(number, sizeof number, "class %.40s", class);
	screen_put(screen, INK_PLAIN, "  ");
	screen_cell(screen, INK_BOLD, NUMBER_WIDTH, number);
	screen_put(screen, INK_PLAIN, "  ");
	snprintf(text, sizeof text, "%.400s  (%.80s)",
		 behind(field_text(rule, "text"), number),
		 file ? file + 1 : place);
	screen_wrap(screen, INK_PLAIN, NUMBER_WIDTH + 4, text);
}

void render_routes(struct screen *screen, const json_t *answer)
{
	const json_t *routes = field_array(answer, "routes");

	for (size_t i = 0; i < json_array_size(routes); i++) {
		const json_t *route = json_array_get(routes, i);
		const json_t *rules = field_array(route, "rules");
		long long count = field_number(route, "rule_count");
		size_t shown = json_array_size(rules);

		if (i)
			screen_put(screen, INK_PLAIN, "\n");
		screen_put(screen, INK_BOLD, "From %.60s",
			   field_text(route, "from"));
		screen_put(screen, INK_DIM, "  (%.300s)\n",
			   field_text(route, "place"));
		for (size_t r = 0; r < shown; r++)
			rule_line(screen, json_array_get(rules, r));
		if ((long long)shown < count)
			screen_put(screen, INK_WARN,
				   "  and %lld more: 'number NUMBER' shows "
				   "those that hold one\n",
				   count - (long long)shown);
		else if (!shown)
			screen_put(screen, INK_PLAIN, "  no rule\n");
	}
	if (!json_array_size(routes))
		screen_put(screen, INK_PLAIN, "No routes.\n");
}
