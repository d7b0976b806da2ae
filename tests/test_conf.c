/* Whole configurations: files, includes, the shipped examples, the manual,
 * look-up by address, size, and garbage. */
#include "conf/conf.h"

#include "conf/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEMO "conf/demo.conf"
#define SAMPLE "conf/tollgate.conf.sample"
#define MANUAL "conf/tollgate.conf.5"

/* A directory of files that one test writes. */
struct place {
	char dir[64];
	char **paths;
	size_t count;
};

static int place_new(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->dir, "/tmp/tollgate-conf-XXXXXX");
	if (!mkdtemp(place->dir))
		return -1;
	*state = place;
	return 0;
}

static int place_free(void **state)
{
	struct place *place = *state;

	while (place->count) {
		remove(place->paths[--place->count]);
		free(place->paths[place->count]);
	}
	free(place->paths);
	rmdir(place->dir);
	free(place);
	return 0;
}

/* The path of `name` there, removed in the end. */
static const char *path_in(struct place *place, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", place->dir, name) < 0)
		fail();
	place->paths = realloc(place->paths,
			       (place->count + 1) * sizeof *place->paths);
	place->paths[place->count++] = path;
	return path;
}

static const char *put(struct place *place, const char *name, const char *text)
{
	const char *path = path_in(place, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static const char *put_dir(struct place *place, const char *name)
{
	const char *path = path_in(place, name);

	assert_int_equal(mkdir(path, 0700), 0);
	return path;
}

/* Loads `path`; what was said, without the directory, in `said`. */
static struct conf *load(struct place *place, const char *path, int expected,
			 char *said, size_t size)
{
	struct conf *conf = NULL;
	char *all = NULL, *from, *at;
	size_t len, dir = place ? strlen(place->dir) + 1 : 0;
	FILE *errors = open_memstream(&all, &len);
	int err = conf_load(&conf, path, errors);

	fclose(errors);
	*said = '\0';
	for (from = all; place && (at = strstr(from, place->dir));
	     from = at + dir)
		strncat(said, from, (size_t)(at - from));
	strncat(said, from, size - strlen(said) - 1);
	if (err != expected)
		fail_msg("%s: %s: %s", path, strerror(-err), all);
	assert_true(err ? conf == NULL : conf != NULL);
	free(all);
	return conf;
}

static void refused(struct place *place, const char *path, const char *want)
{
	char said[4096];

	load(place, path, -EINVAL, said, sizeof said);
	assert_string_equal(said, want);
}

#define GATEWAY "gateway g { listen 127.0.0.1 }\n"

static void examples(void **state)
{
	static const char *const files[] = { DEMO, SAMPLE };
	char said[4096];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct conf *conf = load(NULL, files[i], 0, said, sizeof said);

		assert_string_equal(said, "");
		conf_free(conf);
	}
}

/* What `make demo` counts on. */
static void demo_is_as_announced(void **state)
{
	char said[4096], text[64];
	struct conf *conf = load(NULL, DEMO, 0, said, sizeof said);

	(void)state;
	assert_string_equal(conf->gateway.name, "demo");
	conf_format_address(&conf->gateway.listen, text, sizeof text);
	assert_string_equal(text, "127.0.0.1:5060");
	assert_int_equal(conf->gateway.rtp_port_first, 16384);
	assert_int_equal(conf->gateway.rtp_port_last, 16583);
	assert_int_equal(conf->gateway.jitter_buffer_ms, 100);
	assert_string_equal(conf->spans[0].socket, "run/exchange.sock");
	assert_int_equal(conf->spans[0].device_span, 1);
	assert_non_null(conf_peer_find(conf, "phones"));
	assert_non_null(conf_trunk_find(conf, "city"));
	assert_null(conf_peer_find(conf, "city"));
	assert_null(conf_trunk_find(conf, "phones"));
	conf_free(conf);
}

/* The text of a file (free it). */
static char *read_text(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;

	if (!file)
		fail_msg("%s: run the tests in the top directory", path);
	*len = 0;
	if (getdelim(&text, len, EOF, file) < 0)
		fail();
	*len = strlen(text);
	fclose(file);
	return text;
}

/* The sample says that it shows every setting, at its default. */
static void sample_is_complete(void **state)
{
	size_t len;
	char *text = read_text(SAMPLE, &len), want[64];

	(void)state;
	for (size_t b = 0; b < BLOCK_KINDS; b++) {
		const struct setting *s = block_descs[b]->settings;

		snprintf(want, sizeof want, "\n%s ", block_descs[b]->open.name);
		assert_non_null(strstr(text, want));
		for (size_t row = 0; s->name; s++, row++) {
			assert_true(row < BUILD_SETTINGS_MAX);
			snprintf(want, sizeof want, " %s ", s->name);
			if (*s->name && !strstr(text, want))
				fail_msg("%s lacks \"%s\"", SAMPLE, s->name);
		}
	}
	free(text);
}

static void manual_is_up_to_date(void **state)
{
	size_t len, want_len;
	char *page = read_text(MANUAL, &len), *want = NULL;
	FILE *out = open_memstream(&want, &want_len);

	(void)state;
	conf_write_reference(out);
	fclose(out);
	for (size_t b = 0; b < BLOCK_KINDS; b++)
		for (const struct setting *s = block_descs[b]->settings;
		     s->name; s++)
			assert_non_null(strstr(want, s->name));
	if (!strstr(page, want))
		fail_msg("%s is not what the tables say: run "
			 "tests/tool_conf_reference on it",
			 MANUAL);
	free(want);
	free(page);
}

/* What stands under EXAMPLES as one configuration: a later example adds to the
 * one before it. */
static void manual_examples(void **state)
{
	static const char begin[] = ".Bd -literal", end[] = ".Ed\n";
	size_t len, text_len;
	char *page = read_text(MANUAL, &len), *text = NULL, *at, *stop;
	FILE *out = open_memstream(&text, &text_len);
	unsigned count = 0;
	struct conf *conf;

	(void)state;
	at = strstr(page, ".Sh EXAMPLES");
	stop = strstr(page, ".Sh DIAGNOSTICS");
	while ((at = strstr(at, begin)) && at < stop) {
		at = strchr(at, '\n') + 1;
		fwrite(at, 1, (size_t)(strstr(at, end) - at), out);
		count++;
	}
	fclose(out);
	assert_int_equal(count, 2);
	assert_int_equal(conf_parse(&conf, "examples", text, text_len, stderr),
			 0);
	assert_int_equal(conf->route_count, 2);
	assert_int_equal(conf->routes[1].rules[0].action->target_count, 2);
	conf_free(conf);
	free(text);
	free(page);
}

/* Every block that tollgate-numbering(7) shows. */
static void numbering_examples(void **state)
{
	static const char begin[] = ".Bd -literal", end[] = ".Ed\n";
	size_t len, text_len;
	char *page = read_text("conf/tollgate-numbering.7", &len);
	char *text = NULL, *at = page;
	FILE *out = open_memstream(&text, &text_len);
	struct conf *conf;

	(void)state;
	fputs(GATEWAY, out);
	while ((at = strstr(at, begin))) {
		at = strchr(at, '\n') + 1;
		fwrite(at, 1, (size_t)(strstr(at, end) - at), out);
	}
	fclose(out);
	assert_int_equal(conf_parse(&conf, "examples", text, text_len, stderr),
			 0);
	assert_int_equal(conf->numbering_count, 6);
	conf_free(conf);
	free(text);
	free(page);
}

static void unreadable(void **state)
{
	struct place *place = *state;
	char said[256];

	load(place, path_in(place, "none"), -ENOENT, said, sizeof said);
	assert_string_equal(said, "none: error: cannot be read: No such file "
				  "or directory\n");
	load(place, put_dir(place, "dir"), -EISDIR, said, sizeof said);
	assert_string_equal(said,
			    "dir: error: cannot be read: Is a directory\n");
	load(NULL, "/dev/zero", -EFBIG, said, sizeof said);
	assert_string_equal(said, "/dev/zero: error: cannot be read: File too "
				  "large\n");
}

static void includes(void **state)
{
	struct place *place = *state;
	char said[4096], want[128];
	struct conf *conf;
	const char *path;

	put_dir(place, "conf.d");
	put_dir(place, "conf.d/barred [1]");
	put(place, "conf.d/b.conf",
	    "route from b {\n"
	    "  otherwise -> t\n"
	    "  include \"barred [1]/list\"\n"
	    "  +44 -> t\n}\n");
	put(place, "conf.d/barred [1]/list",
	    "+49900 -> reject 403\ninclude *.more\n");
	put(place, "conf.d/barred [1]/1.more", "+49137 -> reject 403");
	put(place, "conf.d/a.conf", "sip-peer b { accept-from 10.0.0.1 }");
	put(place, "conf.d/z.txt", "this is not read");
	path = put(place, "main.conf",
		   GATEWAY "include conf.d/*.conf\n"
			   "include nothing.d/*.conf # is there\n"
			   "span 1 { device virtual x.sock span 1 }\n"
			   "trunk-group t { members span 1 }\n");
	conf = load(place, path, 0, said, sizeof said);
	assert_int_equal(conf->route_count, 1);
	assert_int_equal(conf->routes[0].rule_count, 4);
	assert_string_equal(conf->routes[0].rules[1].called.first, "+49900");
	assert_string_equal(conf->routes[0].rules[2].called.first, "+49137");
	assert_int_equal(conf->routes[0].rules[2].place.line, 1);
	snprintf(want, sizeof want, "%s/conf.d/barred [1]/1.more", place->dir);
	assert_string_equal(conf->routes[0].rules[2].place.file, want);
	assert_string_equal(conf->routes[0].rules[3].called.first, "+44");
	assert_int_equal(conf->routes[0].rules[3].place.line, 4);
	conf_free(conf);
}

static void include_errors(void **state)
{
	struct place *place = *state;

	put(place, "wrong", "\n  level quiet\n");
	refused(place,
		put(place, "a", GATEWAY "log {\n  include wrong\n  tto x\n}\n"),
		"a:4:3: error: unknown setting \"tto\" in log\n"
		"    4 |   tto x\n"
		"      |   ^^^  did you mean \"to\"?  (to stderr | syslog "
		"| journal ...)\n"
		"wrong:2:9: error: \"quiet\" is not a value of \"level\"\n"
		"    2 |   level quiet\n"
		"      |         ^^^^^  (level err | warning | notice | info | "
		"debug)\n");
	refused(place, put(place, "b", GATEWAY "include none.conf\n"),
		"b:2:9: error: cannot read \"none.conf\": No such file or "
		"directory\n"
		"    2 | include none.conf\n"
		"      |         ^^^^^^^^^\n");
	refused(place, put(place, "c", GATEWAY "include\n"),
		"c:2:1: error: a file is missing after \"include\"\n"
		"    2 | include\n"
		"      | ^^^^^^^  (include <file> | <directory>/*.conf)\n");
	refused(place, put(place, "d", GATEWAY "include x y\n"),
		"d:2:11: error: \"y\" is too much here\n"
		"    2 | include x y\n"
		"      |           ^  (include <file> | <directory>/*.conf)\n");
}

static void include_and_blocks(void **state)
{
	struct place *place = *state;

	put(place, "half", "to stderr\n}\n");
	refused(place, put(place, "e", GATEWAY "log {\n  include half\n}\n"),
		"half:2:1: error: \"}\" closes log, which was opened in "
		"another file\n"
		"    2 | }\n"
		"      | ^\n");
	put(place, "open", "log {\n  level info\n");
	refused(place, put(place, "f", GATEWAY "include open\n"),
		"open:1:1: error: log is not closed: \"}\" is missing\n"
		"    1 | log {\n"
		"      | ^^^\n");
	put(place, "block", "log { level info }\n");
	refused(place, put(place, "g", GATEWAY "log {\n  include block\n}\n"),
		"block:1:1: error: \"log\" opens a block inside of log\n"
		"    1 | log { level info }\n"
		"      | ^^^\n");
	/* names in a file that cannot be read are not held against others */
	refused(place,
		put(place, "h",
		    GATEWAY "include no.conf\nroute from x { + -> y }\n"),
		"h:2:9: error: cannot read \"no.conf\": No such file or "
		"directory\n"
		"    2 | include no.conf\n"
		"      |         ^^^^^^^\n");
	put(place, "peer", "sip-peer p { accept-from 10.0.0.1 }\n");
	refused(place,
		put(place, "i",
		    GATEWAY "include peer\ninclude peer\n"
			    "route from p { + -> reject 404 }\n"),
		"peer:1:10: error: sip-peer \"p\" is defined twice (other: "
		"peer:1)\n"
		"    1 | sip-peer p { accept-from 10.0.0.1 }\n"
		"      |          ^\n"
		"peer:1:26: error: 10.0.0.1/32 is accepted for sip-peer \"p\" "
		"and sip-peer \"p\" (peer:1) alike\n"
		"    1 | sip-peer p { accept-from 10.0.0.1 }\n"
		"      |                          ^^^^^^^^\n");
}

static void include_loops(void **state)
{
	struct place *place = *state;
	char name[16], text[64];

	refused(place, put(place, "self", GATEWAY "include self\n"),
		"self:2:9: error: \"self\" includes itself (it is the file "
		"that everything began with)\n"
		"    2 | include self\n"
		"      |         ^^^^  (take this line out)\n");
	put(place, "ping", "include pong\n");
	put(place, "pong", "# comment\ninclude *ing\n");
	refused(place, put(place, "loop", GATEWAY "include ping\n"),
		"pong:2:9: error: \"ping\" includes itself (it was included "
		"by loop:2)\n"
		"    2 | include *ing\n"
		"      |         ^^^^  (take one of the two lines out)\n");
	for (int i = 1; i <= 9; i++) {
		snprintf(name, sizeof name, "deep%d", i);
		snprintf(text, sizeof text, "include deep%d\n", i + 1);
		put(place, name, i < 9 ? text : GATEWAY);
	}
	/* 8 deep is allowed */
	conf_free(load(place, put(place, "two", "include deep2\n"), 0, text,
		       sizeof text));
	refused(place, put(place, "one", "\ninclude deep1\n"),
		"deep8:1:9: error: files are included more than 8 deep (it "
		"begins at one:2)\n"
		"    1 | include deep9\n"
		"      |         ^^^^^\n");
}

static const struct {
	const char *address;
	const char *peer; /* NULL: a stranger */
} addresses[] = {
	{ "10.0.0.1", "ten" },
	{ "10.255.255.255", "ten" },
	{ "11.0.0.0", NULL },
	{ "9.255.255.255", NULL },
	/* the longest prefix, whoever comes first */
	{ "10.1.2.3", "host" },
	{ "10.1.2.2", "net" },
	{ "10.1.3.3", "net" },
	{ "10.1.4.0", "ten" },
	{ "0.0.0.0", NULL },
	{ "255.255.255.255", NULL },
	/* IPv4 in IPv6 is IPv4 */
	{ "::ffff:10.1.2.3", "host" },
	{ "::ffff:10.0.0.1", "ten" },
	{ "::ffff:11.0.0.1", NULL },
	/* but not every IPv6 address that ends so */
	{ "::10.1.2.3", NULL },
	{ "64:ff9b::10.1.2.3", NULL },
	{ "2001:db8::1", "six" },
	{ "2001:db8:0:7fff::", "six" },
	{ "2001:db8:0:8000::", NULL },
	{ "2001:db8:0:1::5", "host" },
	{ "2001:db8:0:1::6", "six" },
	{ "::1", NULL },
	/* an odd length of the prefix */
	{ "192.0.2.32", "odd" },
	{ "192.0.2.63", "odd" },
	{ "192.0.2.64", NULL },
	{ "192.0.2.31", NULL },
	/* whom we call is accepted */
	{ "203.0.113.9", "called" },
	{ "203.0.113.8", NULL },
};

static void by_address(void **state)
{
	static const char text[] = GATEWAY
		"sip-peer ten { accept-from 10.0.0.0/8 }\n"
		"sip-peer host { accept-from 10.1.2.3, 2001:db8:0:1::5 }\n"
		"sip-peer net { accept-from 10.1.2.0/23 }\n"
		"sip-peer six { accept-from 2001:db8::/49 }\n"
		"sip-peer odd { accept-from 192.0.2.32/27 }\n"
		"sip-peer called { server 203.0.113.9 5070 }\n"
		"route from ten { + -> called }\n"
		"route from host { + -> called }\n"
		"route from net { + -> called }\n"
		"route from six { + -> called }\n"
		"route from odd { + -> called }\n";
	struct sockaddr unix_address = { .sa_family = AF_UNIX };
	struct conf *conf;

	(void)state;
	assert_int_equal(conf_parse(&conf, "t", text, strlen(text), stderr), 0);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_in v4 = { .sin_family = AF_INET,
					  .sin_port = htons(5060) };
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					   .sin6_port = htons(5060) };
		const struct sockaddr *address = (struct sockaddr *)&v4;
		const struct conf_peer *peer;

		if (strchr(addresses[i].address, ':')) {
			inet_pton(AF_INET6, addresses[i].address,
				  &v6.sin6_addr);
			address = (struct sockaddr *)&v6;
		} else {
			inet_pton(AF_INET, addresses[i].address, &v4.sin_addr);
		}
		peer = conf_peer_by_address(conf, address);
		if (!addresses[i].peer != !peer ||
		    (peer && strcmp(peer->name, addresses[i].peer)))
			fail_msg("%s: %s", addresses[i].address,
				 peer ? peer->name : "nobody");
	}
	assert_null(conf_peer_by_address(conf, &unix_address));
	conf_free(conf);
}

static void format_address(void **state)
{
	struct sockaddr_storage none = { 0 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(5060) };
	struct sockaddr_storage address = { 0 };
	char text[64];

	(void)state;
	v4.sin_addr.s_addr = htonl(0x7f000001);
	memcpy(&address, &v4, sizeof v4);
	conf_format_address(&address, text, sizeof text);
	assert_string_equal(text, "127.0.0.1");
	v4.sin_port = htons(5060);
	memcpy(&address, &v4, sizeof v4);
	conf_format_address(&address, text, sizeof text);
	assert_string_equal(text, "127.0.0.1:5060");
	conf_format_address(&address, text, 5);
	assert_string_equal(text, "127.");
	v6.sin6_addr.s6_addr[15] = 1;
	memcpy(&address, &v6, sizeof v6);
	conf_format_address(&address, text, sizeof text);
	assert_string_equal(text, "[::1]:5060");
	conf_format_address(&none, text, sizeof text);
	assert_string_equal(text, "?");
}

/* An operator's list of 10 000 barred prefixes must not be felt. */
static void ten_thousand_rules(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf *conf;
	unsigned spent_ms;
	clock_t began; /* of CPU: the machine may have other work */

	(void)state;
	fputs(GATEWAY "sip-peer p { accept-from 10.0.0.1 }\nnumbering n {\n",
	      out);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, "send +49%u -> \"\" national\n", i);
	fputs("}\nroute from p {\n", out);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, "+49%u -> reject 403 \"barred\"\n", i);
	fputs("}\n", out);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, "sip-peer p%u { server 10.1.%u.%u }\n", i, i / 250,
			i % 250 + 1);
	fclose(out);
	began = clock();
	assert_int_equal(conf_parse(&conf, "t", text, len, stderr), 0);
	spent_ms = (unsigned)((clock() - began) / (CLOCKS_PER_SEC / 1000));
	print_message("30000 rules and peers: %u ms\n", spent_ms);
	assert_in_range(spent_ms, 0, 1000);
	assert_int_equal(conf->routes[0].rule_count, 10000);
	conf_free(conf);
	free(text);
}

static uint32_t next_random(uint32_t *seed)
{
	/* Marsaglia's xorshift: the same garbage on every machine */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static size_t at_most(size_t n, size_t limit)
{
	return n < limit ? n : limit;
}

static size_t insert_word(char *text, size_t len, size_t room, size_t at,
			  uint32_t *seed)
{
	static const char *const words[] = {
		"{",
		"}",
		"->",
		"\"",
		"#",
		"\n",
		"include x\n",
		"like span 1",
		"\xc3",
		"0",
		"99999999999",
		"+",
		"/",
		",",
		"\\",
		"any",
		"otherwise ->",
		"span 1 {",
		"route from pbx {",
		"\r",
		"\t",
	};
	const char *word =
		words[next_random(seed) % (sizeof words / sizeof *words)];
	size_t n = strlen(word);

	if (len + n > room)
		return len;
	memmove(text + at + n, text + at, len - at);
	memcpy(text + at, word, n);
	return len + n;
}

/* One small damage: a byte changed, pieces dropped, doubled or moved. Returns
 * the new length. */
static size_t damage(char *text, size_t len, size_t room, uint32_t *seed)
{
	size_t at = next_random(seed) % (len + 1), n, from;

	switch (next_random(seed) % 5) {
	case 0:
		if (at < len)
			text[at] = (char)next_random(seed);
		return len;
	case 1:
		n = at_most(next_random(seed) % 40, len - at);
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2: return at; /* cut off */
	case 3:
		from = next_random(seed) % (len + 1);
		n = at_most(next_random(seed) % 60, len - from);
		memmove(text + at, text + from, at_most(n, len - at));
		return len;
	}
	return insert_word(text, len, room, at, seed);
}

static void garbage(void **state)
{
	enum { ROUNDS = 4000 };
	size_t len, cut, good = 0, bad = 0;
	char *sample = read_text(SAMPLE, &len);
	char *text = malloc(len + 1024);
	FILE *errors = fopen("/dev/null", "w");
	uint32_t seed = 0x70119a7e;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned damages = 1 + next_random(&seed) % 6;
		struct conf *conf;
		char *exact;

		memcpy(text, sample, len);
		cut = len;
		while (damages--)
			cut = damage(text, cut, len + 1024, &seed);
		/* exactly as long as it says, for the sanitizer */
		exact = malloc(cut ? cut : 1);
		memcpy(exact, text, cut);
		switch (conf_parse(&conf, "t", exact, cut, errors)) {
		case 0: good++; break;
		case -EINVAL:
			assert_null(conf);
			bad++;
			break;
		default: fail();
		}
		conf_free(conf);
		free(exact);
	}
	fclose(errors);
	print_message("%zu good, %zu bad\n", good, bad);
	assert_true(good > 100 && bad > 1000);
	free(text);
	free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(demo_is_as_announced),
		cmocka_unit_test(sample_is_complete),
		cmocka_unit_test(manual_is_up_to_date),
		cmocka_unit_test(manual_examples),
		cmocka_unit_test(numbering_examples),
		cmocka_unit_test_setup_teardown(unreadable, place_new,
						place_free),
		cmocka_unit_test_setup_teardown(includes, place_new,
						place_free),
		cmocka_unit_test_setup_teardown(include_errors, place_new,
						place_free),
		cmocka_unit_test_setup_teardown(include_and_blocks, place_new,
						place_free),
		cmocka_unit_test_setup_teardown(include_loops, place_new,
						place_free),
		cmocka_unit_test(by_address),
		cmocka_unit_test(format_address),
		cmocka_unit_test(ten_thousand_rules),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
