/* show config: what runs, as it was written. */
#include "conf/default.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/reload.h"
#include "gateway/show.h"

#include <stdlib.h>
#include <string.h>

/* An answer that the loop makes in a moment, whatever the number plan. */
#define LINES_MAX 1000

static void add_default(void *ctx, const char *text)
{
	json_array_append_new(ctx, json_text(text));
}

static json_t *lines_of(const struct conf_block *block)
{
	json_t *array = json_array();

	for (size_t i = 0; i < block->line_count && i < LINES_MAX; i++) {
		const struct conf_line *line = &block->lines[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:o, s:i}", "text",
						json_text(line->text), "file",
						json_text(line->place.file),
						"line", (int)line->place.line));
	}
	return array;
}

static json_t *block_of(const struct conf_block *block)
{
	json_t *object = json_object(), *defaults = json_array();
	size_t left_out = block->line_count > LINES_MAX
				  ? block->line_count - LINES_MAX
				  : 0;
	bool lost = false;

	conf_block_defaults(block, add_default, defaults);
	json_put(object, "block", json_text(block->label), &lost);
	json_put(object, "file", json_text(block->place.file), &lost);
	json_put(object, "line", json_integer(block->place.line), &lost);
	json_put(object, "settings", lines_of(block), &lost);
	json_put(object, "left_out", json_count(left_out), &lost);
	json_put(object, "defaults", defaults, &lost);
	return json_whole(object, lost);
}

/* As they stand in their files; conf has them by name. */
static int compare_places(const void *a, const void *b)
{
	const struct conf_block *x = *(const struct conf_block *const *)a;
	const struct conf_block *y = *(const struct conf_block *const *)b;
	int files = strcmp(x->place.file, y->place.file);

	if (files)
		return files;
	return (x->place.line > y->place.line) -
	       (x->place.line < y->place.line);
}

static json_t *blocks_of(const struct conf *conf)
{
	const struct conf_block **at =
		calloc(conf->block_count + 1, sizeof(struct conf_block *));
	json_t *array = json_array();

	for (size_t i = 0; at && i < conf->block_count; i++)
		at[i] = &conf->blocks[i];
	if (at)
		qsort(at, conf->block_count, sizeof *at, compare_places);
	for (size_t i = 0; at && i < conf->block_count; i++)
		json_array_append_new(array, block_of(at[i]));
	free(at);
	return array;
}

json_t *show_config(struct gateway *gw, const struct command_line *line)
{
	if (command_get(line, "--diff"))
		return op_reload_later(gw, RELOAD_PLAN);
	return json_pack("{s:o, s:o}", "file",
			 json_text(reload_file(gw->reload)), "blocks",
			 blocks_of(gw->conf));
}
