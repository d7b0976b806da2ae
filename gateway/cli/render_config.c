#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

#define INDENT 2

static void put_block(struct screen *screen, const json_t *block)
{
	const json_t *line;
	long long left_out = field_number(block, "left_out");
	size_t i;

	screen_put(screen, INK_DIM, "# %s:%lld\n", field_text(block, "file"),
		   field_number(block, "line"));
	screen_put(screen, INK_BOLD, "%s", field_text(block, "block"));
	screen_put(screen, INK_PLAIN, " {\n");
	json_array_foreach(field_array(block, "settings"), i, line)
		screen_put(screen, INK_PLAIN, "%*s%s\n", INDENT, "",
			   field_text(line, "text"));
	if (left_out)
		screen_put(screen, INK_DIM, "%*s# and %lld more\n", INDENT, "",
			   left_out);
	json_array_foreach(field_array(block, "defaults"), i, line)
		screen_put(screen, INK_DIM, "%*s# default: %s\n", INDENT, "",
			   json_is_string(line) ? json_string_value(line) : "");
	screen_put(screen, INK_PLAIN, "}\n");
}

void render_config(struct screen *screen, const json_t *answer)
{
	const json_t *block;
	size_t i;

	if (field_array(answer, "changes")) {
		render_reload(screen, answer);
		return;
	}
	json_array_foreach(field_array(answer, "blocks"), i, block)
		put_block(screen, block);
}
