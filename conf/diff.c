#include "conf/diff.h"

#include "conf/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_label(const void *label, const void *block)
{
	return strcmp(label, ((const struct conf_block *)block)->label);
}

/* There is one gateway block, whatever its name. */
static bool is_single(const struct conf_block *block)
{
	return !strcmp(block->kind, "gateway");
}

static const struct conf_block *find_block(const struct conf *conf,
					   const struct conf_block *like)
{
	for (size_t i = 0; is_single(like) && i < conf->block_count; i++)
		if (!strcmp(conf->blocks[i].kind, like->kind))
			return &conf->blocks[i];
	return bsearch(like->label, conf->blocks, conf->block_count,
		       sizeof *conf->blocks, compare_label);
}

/* Spans */

static struct conf_span *find_span(const struct conf *conf, const char *label)
{
	for (size_t i = 0; i < conf->span_count; i++) {
		char name[32];

		snprintf(name, sizeof name, "span %u", conf->spans[i].number);
		if (!strcmp(name, label))
			return &conf->spans[i];
	}
	return NULL;
}

/* A line of another kind, or of another protocol, is another interface: what
 * else has changed goes with that. */
static bool is_another(const struct conf_span *was, const struct conf_span *now)
{
	return was->line != now->line || was->law != now->law ||
	       was->protocol != now->protocol ||
	       was->network_side != now->network_side;
}

/* By what it means: "like" has it from another block. */
static enum conf_effect span_effect(const struct conf_span *was,
				    const struct conf_span *now)
{
	if (is_another(was, now) || was->device != now->device ||
	    strcmp(was->socket, now->socket) || was->dahdi != now->dahdi ||
	    strcmp(was->dahdi_text, now->dahdi_text) ||
	    was->device_span != now->device_span ||
	    was->channels != now->channels || was->dchannel != now->dchannel ||
	    was->echo_taps != now->echo_taps)
		return CONF_IDLE;
	return CONF_AT_ONCE;
}

/* Lines */

static int compare_digests(const void *a, const void *b)
{
	const struct conf_line *const *x = a, *const *y = b;

	if ((*x)->digest != (*y)->digest)
		return (*x)->digest < (*y)->digest ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

static int compare_places(const void *a, const void *b)
{
	const struct conf_line_change *x = a, *y = b;

	if (!x->now || !y->now)
		return x->now	? -1
		       : y->now ? 1
				: (x->was > y->was) - (x->was < y->was);
	return (x->now > y->now) - (x->now < y->now);
}

static const struct conf_line **sorted(const struct conf_block *block)
{
	const struct conf_line **at =
		calloc(block->line_count + 1, sizeof(struct conf_line *));

	for (size_t i = 0; at && i < block->line_count; i++)
		at[i] = &block->lines[i];
	if (at)
		qsort(at, block->line_count, sizeof *at, compare_digests);
	return at;
}

static void add(struct conf_block_change *change,
		struct conf_line_change *lines, const struct conf_line *was,
		const struct conf_line *now)
{
	lines[change->line_count++] = (struct conf_line_change){
		.was = was,
		.now = now,
		.effect = now ? now->effect : was->effect,
	};
}

/* What is in one of the two only: whatever the order, and as often as it is
 * there more often. */
static void add_differing(struct conf_block_change *change,
			  struct conf_line_change *lines,
			  const struct conf_line **was,
			  const struct conf_line **now)
{
	while (*was || *now) {
		if (*was && *now && (*was)->digest == (*now)->digest) {
			was++;
			now++;
		} else if (!*now || (*was && (*was)->digest < (*now)->digest)) {
			add(change, lines, *was++, NULL);
		} else {
			add(change, lines, NULL, *now++);
		}
	}
}

/* A setting that is gone here and new there is one that has changed. Rules, of
 * which there may be many, have no names. */
static void pair(struct conf_block_change *change,
		 struct conf_line_change *lines)
{
	size_t kept = 0;

	for (size_t i = 0; i < change->line_count; i++) {
		struct conf_line_change *gone = &lines[i];

		for (size_t j = 0;
		     !gone->now && *gone->was->name && j < change->line_count;
		     j++)
			if (!lines[j].was && lines[j].now &&
			    !strcmp(lines[j].now->name, gone->was->name)) {
				lines[j].was = gone->was;
				gone->was = NULL;
				break;
			}
	}
	for (size_t i = 0; i < change->line_count; i++)
		if (lines[i].was || lines[i].now)
			lines[kept++] = lines[i];
	change->line_count = kept;
}

/* Of what its lines name, which is in the block's digest too. */
static uint64_t named_digest(const struct conf_block *block)
{
	uint64_t digest = block->digest;

	for (size_t i = 0; i < block->line_count; i++)
		digest -= block->lines[i].digest;
	return digest;
}

static bool is_among(const struct conf_line *line,
		     const struct conf_line_change *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lines[i].now == line)
			return true;
	return false;
}

/* What the line names has changed: another block, or a file. */
static void add_named(struct conf_block_change *change,
		      struct conf_line_change *lines)
{
	size_t differing = change->line_count;

	for (size_t i = 0; i < change->now->line_count; i++) {
		const struct conf_line *line = &change->now->lines[i];

		if ((!strncmp(line->text, "like ", 5) ||
		     !strncmp(line->text, "file ", 5)) &&
		    !is_among(line, lines, differing))
			add(change, lines, line, line);
	}
}

static void weigh(struct conf_block_change *change, const struct conf_span *was,
		  const struct conf_span *now)
{
	struct conf_line_change *lines =
		(struct conf_line_change *)change->lines;
	enum conf_effect whole =
		was && now ? span_effect(was, now) : CONF_AT_ONCE;
	bool another = was && now && is_another(was, now);

	for (size_t i = 0; i < change->line_count; i++) {
		if (lines[i].was == lines[i].now || another)
			lines[i].effect = whole;
		if (lines[i].effect > change->effect)
			change->effect = lines[i].effect;
	}
}

static int compare_lines(struct conf_block_change *change)
{
	size_t most = change->was->line_count + change->now->line_count;
	struct conf_line_change *lines = calloc(most + 1, sizeof *lines);
	const struct conf_line **was = sorted(change->was);
	const struct conf_line **now = sorted(change->now);
	bool whole = lines && was && now;

	if (whole) {
		add_differing(change, lines, was, now);
		pair(change, lines);
		if (named_digest(change->was) != named_digest(change->now))
			add_named(change, lines);
		qsort(lines, change->line_count, sizeof *lines, compare_places);
	} else {
		free(lines);
		lines = NULL;
	}
	free(was);
	free(now);
	change->lines = lines;
	return whole ? 0 : -ENOMEM;
}

/* Blocks */

static bool same(const struct conf_block *a, const struct conf_block *b)
{
	return a->digest == b->digest && !strcmp(a->label, b->label);
}

long conf_diff(const struct conf *before, const struct conf *now,
	       void (*fn)(void *ctx, const struct conf_block_change *change),
	       void *ctx)
{
	long changes = 0;

	for (size_t i = 0; i < now->block_count; i++) {
		struct conf_block_change change = { .now = &now->blocks[i] };

		change.was = find_block(before, change.now);
		change.change = change.was ? CONF_CHANGED : CONF_NEW;
		if (change.was && same(change.was, change.now))
			continue;
		if (change.was && compare_lines(&change) < 0)
			return -ENOMEM;
		weigh(&change, find_span(before, change.now->label),
		      find_span(now, change.now->label));
		fn(ctx, &change);
		free((void *)change.lines);
		changes++;
	}
	for (size_t i = 0; i < before->block_count; i++) {
		struct conf_block_change change = { .change = CONF_GONE,
						    .was = &before->blocks[i] };

		if (find_block(now, change.was))
			continue;
		if (!strcmp(change.was->kind, "span"))
			change.effect = CONF_IDLE;
		fn(ctx, &change);
		changes++;
	}
	return changes;
}

/* What needs a restart */

struct keeping {
	struct conf *now;
	const struct conf *before;
	int err;
};

static int copy_line(struct conf *conf, struct conf_line *out,
		     const struct conf_line *line)
{
	*out = *line;
	out->text = arena_string(conf->arena, line->text, strlen(line->text));
	out->place.file = arena_string(conf->arena, line->place.file,
				       strlen(line->place.file));
	return out->text && out->place.file ? 0 : -ENOMEM;
}

/* The lines of `block` with those of the restart as they were. */
static void keep_lines(struct keeping *keeping,
		       const struct conf_block_change *change,
		       struct conf_block *block)
{
	size_t most = block->line_count + change->line_count, count = 0;
	struct conf_line *lines =
		arena_array(keeping->now->arena, most, sizeof *lines);

	if (!lines) {
		keeping->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < block->line_count; i++) {
		bool stays = true;

		for (size_t j = 0; j < change->line_count; j++)
			if (change->lines[j].now == &block->lines[i] &&
			    change->lines[j].effect == CONF_RESTART)
				stays = false;
		if (stays)
			lines[count++] = block->lines[i];
		else
			block->digest -= block->lines[i].digest;
	}
	for (size_t j = 0; j < change->line_count && !keeping->err; j++) {
		const struct conf_line_change *l = &change->lines[j];

		if (!l->was || l->effect != CONF_RESTART)
			continue;
		keeping->err = copy_line(keeping->now, &lines[count++], l->was);
		block->digest += l->was->digest;
	}
	block->lines = lines;
	block->line_count = count;
}

static void keep_gateway(struct keeping *keeping)
{
	struct conf_gateway *now = &keeping->now->gateway;
	const struct conf_gateway *before = &keeping->before->gateway;

	now->listen = before->listen;
	now->advertise = before->advertise;
	now->media_workers = before->media_workers;
	memcpy(now->control, before->control, sizeof now->control);
	memcpy(now->control_read, before->control_read,
	       sizeof now->control_read);
	now->control_access = before->control_access;
	now->control_read_access = before->control_read_access;
	memcpy(now->tones, before->tones, sizeof now->tones);
	keeping->now->log.targets = keeping->before->log.targets;
	memcpy(keeping->now->log.syslog, keeping->before->log.syslog,
	       sizeof keeping->now->log.syslog);
}

static void keep(void *ctx, const struct conf_block_change *change)
{
	struct keeping *keeping = ctx;
	struct conf_block *block = (struct conf_block *)change->now;

	if (change->effect != CONF_RESTART || keeping->err)
		return;
	keep_lines(keeping, change, block);
}

int conf_keep_restart(struct conf *now, const struct conf *before)
{
	struct keeping keeping = { .now = now, .before = before };

	keep_gateway(&keeping);
	if (conf_diff(before, now, keep, &keeping) < 0)
		return -ENOMEM;
	return keeping.err;
}
