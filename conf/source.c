#include "conf/source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 65536

static struct source *source_new(struct build *build, const char *name,
				 const char *text, size_t len,
				 const struct token *at)
{
	struct source *source = build_alloc(build, sizeof *source);
	/* Outlives the building: struct conf_place points to it. */
	char *kept = arena_string(build->keep, name, strlen(name));

	if (!source || !kept) {
		build->report.no_memory = true;
		return NULL;
	}
	source->name = kept;
	source->text = text;
	source->len = len;
	source->index = build->sources++;
	source->included_at = at;
	source->depth = at ? at->source->depth + 1 : 0;
	return source;
}

const struct source *source_text(struct build *build, const char *name,
				 const char *text, size_t len)
{
	char *copy = arena_string(build->scratch, text, len);

	if (!copy) {
		build->report.no_memory = true;
		return NULL;
	}
	return source_new(build, name, copy, len, NULL);
}

/* The whole of `fd` into *text (malloc). 0 or -errno; -EFBIG over the limit.
 */
static int read_all(int fd, size_t limit, char **text, size_t *len)
{
	size_t room = 0;
	ssize_t got;
	char *more;

	*text = NULL;
	*len = 0;
	for (;;) {
		if (room - *len < READ_BYTES) {
			room += READ_BYTES + room / 2;
			more = realloc(*text, room);
			if (!more)
				return -ENOMEM;
			*text = more;
		}
		got = read(fd, *text + *len, READ_BYTES);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		*len += (size_t)got;
		if (*len > limit)
			return -EFBIG;
	}
}

/* The file that `fd` is, when it is being read already. */
static const struct source *find_open(const struct token *at,
				      const struct stat *st)
{
	while (at) {
		if (at->source->device == st->st_dev &&
		    at->source->inode == st->st_ino)
			return at->source;
		at = at->source->included_at;
	}
	return NULL;
}

/* By device and inode: a link or "../conf/x" is the same file. */
static int check_loop(struct build *build, const struct token *at,
		      const struct stat *st)
{
	const struct source *open = find_open(at, st);

	if (!open)
		return 0;
	if (open->included_at)
		report_error(&build->report, at,
			     "(take one of the two lines out)",
			     "\"%s\" includes itself (it was included by "
			     "%s:%u)",
			     open->name, open->included_at->source->name,
			     open->included_at->line);
	else
		report_error(&build->report, at, "(take this line out)",
			     "\"%s\" includes itself (it is the file that "
			     "everything began with)",
			     open->name);
	return -ELOOP;
}

/* Any kind of file may be read, a pipe too: only the size is limited. */
static int load_fd(struct build *build, int fd, const char *path,
		   const struct token *at, const struct source **out)
{
	struct source *source;
	char *text = NULL;
	struct stat st;
	size_t len;
	int err;

	if (fstat(fd, &st))
		return -errno;
	err = check_loop(build, at, &st);
	if (err)
		return err;
	err = read_all(fd, SOURCE_BYTES_MAX - build->bytes, &text, &len);
	if (!err) {
		build->bytes += len;
		source = source_new(build, path,
				    arena_string(build->scratch, text, len),
				    len, at);
		err = source && source->text ? 0 : -ENOMEM;
	}
	free(text);
	if (err)
		return err;
	source->device = st.st_dev;
	source->inode = st.st_ino;
	*out = source;
	return 0;
}

int source_read(struct build *build, const char *path, const struct token *at,
		const struct source **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err = fd < 0 ? -errno : load_fd(build, fd, path, at, out);

	if (fd >= 0)
		close(fd);
	if (err == -ENOMEM)
		build->report.no_memory = true;
	else if (err && at)
		report_error(&build->report, at, NULL, "cannot read \"%s\": %s",
			     path, strerror(-err));
	return err;
}

/* Copies `text`, the characters of `special` escaped for glob(). */
static char *escape(char *out, const char *text, size_t len,
		    const char *special)
{
	for (; len; len--, text++) {
		if (strchr(special, *text))
			*out++ = '\\';
		*out++ = *text;
	}
	return out;
}

/* Only * and ? are wildcards, and only as written behind "include": brackets
 * and the directories above mean themselves. */
static bool is_pattern(const struct token *at)
{
	return strpbrk(at->text, "*?");
}

/* What "include `at`" names, relative to the file it stands in: a path or a
 * pattern for glob(). NULL for want of memory. */
static const char *path_of(struct build *build, const struct token *at)
{
	const char *from = at->source->name;
	const char *slash = strrchr(from, '/');
	bool absolute = at->text[0] == '/', pattern = is_pattern(at);
	size_t dir = slash && !absolute ? (size_t)(slash - from) + 1 : 0;
	size_t len = strlen(at->text);
	char *path = build_alloc(build, (dir + len) * 2 + 1);
	char *end;

	if (!path)
		return NULL;
	end = escape(path, from, dir, pattern ? "*?[\\" : "");
	*escape(end, at->text, len, pattern ? "[\\" : "") = '\0';
	return path;
}

/* Loops are found by themselves; this ends chains through files that change
 * while they are read. */
static int too_deep(struct build *build, const struct token *at)
{
	const struct token *first = at;

	while (first->source->included_at)
		first = first->source->included_at;
	report_error(&build->report, at, NULL,
		     "files are included more than %d deep (it begins at "
		     "%s:%u)",
		     SOURCE_DEPTH_MAX, first->source->name, first->line);
	return -EINVAL;
}

static int include_glob(struct build *build, const struct token *at,
			int (*each)(struct build *, const struct source *,
				    void *),
			void *ctx)
{
	const char *pattern = path_of(build, at);
	const struct source *source;
	glob_t found = { 0 };
	int err;

	if (!pattern)
		return -ENOMEM;
	err = glob(pattern, 0, NULL, &found);
	/* An empty directory is a directory in which nothing is configured. */
	if (err == GLOB_NOMATCH)
		return 0;
	if (err) {
		report_error(&build->report, at, NULL,
			     "cannot search for \"%s\": %s", at->text,
			     strerror(err == GLOB_NOSPACE ? ENOMEM : EIO));
		return -EINVAL;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (report_full(&build->report))
			break;
		if (!source_read(build, found.gl_pathv[i], at, &source))
			each(build, source, ctx);
	}
	globfree(&found);
	return 0;
}

int source_include(struct build *build, const struct token *at,
		   int (*each)(struct build *build, const struct source *source,
			       void *ctx),
		   void *ctx)
{
	const struct source *source;
	const char *path;

	if (at->source->depth >= SOURCE_DEPTH_MAX)
		return too_deep(build, at);
	if (is_pattern(at))
		return include_glob(build, at, each, ctx);
	path = path_of(build, at);
	if (!path || source_read(build, path, at, &source))
		return -EINVAL;
	return each(build, source, ctx);
}
