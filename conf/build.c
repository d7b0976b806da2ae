#include "conf/build.h"

#include "conf/settings.h"

void *build_alloc(struct build *build, size_t size)
{
	void *memory = arena_alloc(build->scratch, size);

	if (!memory)
		build->report.no_memory = true;
	return memory;
}

struct draft *build_draft(struct build *build, enum block_kind kind,
			  const struct token *keyword)
{
	struct draft_list *list = &build->drafts[kind];
	struct draft *draft = build_alloc(build, sizeof *draft);

	if (!draft)
		return NULL;
	draft->kind = kind;
	draft->desc = block_descs[kind];
	draft->keyword = draft->name_at = keyword;
	/* Until the header is read: errors in it must name something. */
	draft->name = "";
	draft->label = draft->desc->open.name;
	draft->texts_tail = &draft->texts;
	if (!list->tail)
		list->tail = &list->first;
	*list->tail = draft;
	list->tail = &draft->next;
	draft->index = list->count++;
	return draft;
}

struct item *build_item(struct build *build, struct item_list *list,
			const struct token *at)
{
	struct item *item = build_alloc(build, sizeof *item);

	if (!item)
		return NULL;
	item->at = at;
	item->order = (unsigned)list->count++;
	if (!list->tail)
		list->tail = &list->first;
	*list->tail = item;
	list->tail = &item->next;
	return item;
}

/* FNV-1a, 64 bits. */
uint64_t build_digest(const struct token *tokens, size_t count)
{
	uint64_t digest = 0xcbf29ce484222325;

	for (size_t i = 0; i < count; i++) {
		for (const char *c = tokens[i].text; *c; c++)
			digest = (digest ^ (uint8_t)*c) * 0x100000001b3;
		/* Which also keeps words from running together. */
		digest = (digest ^ (uint8_t)tokens[i].kind) * 0x100000001b3;
	}
	return digest;
}

struct conf_place build_place(const struct token *at)
{
	return (struct conf_place){ .file = at->source->name,
				    .line = at->line };
}
