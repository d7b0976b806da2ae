#include "conf/default.h"

#include "conf/settings.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 320

/* Rules have no name in their lines. */
static bool has(const struct conf_block *block, const char *name)
{
	for (size_t i = 0; i < block->line_count; i++) {
		const char *text = block->lines[i].text;
		size_t len = strcspn(text, " ");

		if (!strcmp(block->lines[i].name, name) ||
		    (len == strlen(name) && !strncmp(text, name, len)))
			return true;
	}
	return false;
}

void conf_block_defaults(const struct conf_block *block,
			 void (*fn)(void *ctx, const char *text), void *ctx)
{
	const struct block_desc *desc = block_find(block->kind);
	char text[TEXT_MAX];

	if (!desc || has(block, "like"))
		return;
	for (const struct setting *s = desc->settings; s->name; s++) {
		if (!*s->name || !s->fallback || has(block, s->name))
			continue;
		snprintf(text, sizeof text, "%s %s", s->name, s->fallback);
		fn(ctx, text);
	}
}
