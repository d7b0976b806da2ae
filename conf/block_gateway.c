#include "conf/address.h"
#include "conf/args.h"
#include "gateway/log.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#define SIP_PORT 5060 /* RFC 3261 19.1.2 */

static int apply_listen(struct args *args, struct draft *draft)
{
	unsigned port = SIP_PORT;

	if (args_address(args, &draft->as.gateway.listen))
		return -EINVAL;
	if (args_left(args) && args_count(args, "a port", 1, 65535, &port))
		return -EINVAL;
	address_set_port(&draft->as.gateway.listen, port);
	return args_end(args);
}

/* The address in SDP and Contact: one that a peer can send to. */
static int apply_advertise(struct args *args, struct draft *draft)
{
	const struct token *at = args_peek(args);
	struct sockaddr_storage address;

	if (args_address(args, &address))
		return -EINVAL;
	if (address_is_any(&address))
		return args_error(args, at,
				  "\"%s\" is no address that others can send "
				  "to",
				  at->text);
	draft->as.gateway.advertise = address;
	return args_end(args);
}

#define MODE_DEFAULT 0660

static int read_group(struct args *args, struct conf_access *access)
{
	const struct token *at = args_take(args, "the name of a group");
	struct report *report = &args->build->report;
	const struct group *group;

	if (!at)
		return -EINVAL;
	group = getgrnam(at->text);
	if (group) {
		access->has_group = true;
		access->group = group->gr_gid;
		return 0;
	}
	report_error(report, at,
		     report_text(report, "(addgroup --system %s)", at->text),
		     "there is no group \"%s\" on this machine", at->text);
	return -EINVAL;
}

/* The owner always may; `most` is what others may be given. */
static int read_mode(struct args *args, unsigned most,
		     struct conf_access *access)
{
	const struct token *at = args_take(args, "a mode");
	unsigned long mode;
	char *end;

	if (!at)
		return -EINVAL;
	mode = strtoul(at->text, &end, 8);
	if (*end || !*at->text || strlen(at->text) > 4)
		return args_error(args, at,
				  "\"%s\" is not a mode: octal digits are, as "
				  "in 0660",
				  at->text);
	if ((mode & 0600) != 0600 || (mode & ~(unsigned long)most) ||
	    (mode & 060) % 060 || (mode & 06) % 06)
		return args_error(args, at,
				  "%s is none of the modes that mean something "
				  "here: who may use a socket reads and writes",
				  at->text);
	access->mode = (uint32_t)mode;
	return 0;
}

/* "PATH [group NAME] [mode OCTAL]" */
static int read_socket(struct args *args, unsigned most, char *path,
		       struct conf_access *access)
{
	*access = (struct conf_access){ .mode = MODE_DEFAULT };
	if (args_path(args, "a path", path, CONF_PATH_MAX))
		return -EINVAL;
	while (args_left(args)) {
		if (args_word(args, "group")) {
			if (read_group(args, access))
				return -EINVAL;
		} else if (args_expect(args, "mode") ||
			   read_mode(args, most, access)) {
			return -EINVAL;
		}
	}
	return 0;
}

static int apply_control(struct args *args, struct draft *draft)
{
	struct conf_gateway *gateway = &draft->as.gateway;

	return read_socket(args, 0660, gateway->control,
			   &gateway->control_access);
}

static int apply_control_read(struct args *args, struct draft *draft)
{
	struct conf_gateway *gateway = &draft->as.gateway;

	*gateway->control_read = '\0';
	if (args_word(args, "none"))
		return args_end(args);
	return read_socket(args, 0666, gateway->control_read,
			   &gateway->control_read_access);
}

static bool ends_in_csv(const char *path)
{
	size_t len = strlen(path);

	return len >= 4 && !strcmp(path + len - 4, ".csv");
}

/* "csv" alone is a file of that name. */
static int apply_call_records(struct args *args, struct draft *draft)
{
	struct conf_gateway *gateway = &draft->as.gateway;
	bool more = args->next + 1 < args->count &&
		    strcmp(args->tokens[args->next + 1].text, "keep") != 0;
	bool csv = more && args_word(args, "csv");
	bool json = !csv && more && args_word(args, "json");
	unsigned keep = gateway->call_records_keep;

	if (args_word(args, "none")) {
		*gateway->call_records = '\0';
		return args_end(args);
	}
	if (args_path(args, "a path", gateway->call_records,
		      sizeof gateway->call_records))
		return -EINVAL;
	if (args_left(args) &&
	    (args_expect(args, "keep") ||
	     args_count(args, "a number of records", 100, 1000000, &keep)))
		return -EINVAL;
	gateway->call_records_csv =
		csv || (!json && ends_in_csv(gateway->call_records));
	gateway->call_records_keep = keep;
	return args_end(args);
}

static int apply_rtp_ports(struct args *args, struct draft *draft)
{
	const struct token *at = args_peek(args);
	unsigned ports[2];

	/* Below 1024 a daemon without privileges gets no port. */
	if (args_range(args, "a range of ports", 1024, 65535, ports))
		return -EINVAL;
	/* RFC 3550 11: RTP on an even port, its RTCP on the next. */
	if (ports[0] % 2)
		return args_error(args, at,
				  "%s begins with an odd port: RTP takes even "
				  "ones, write %u-%u",
				  at->text, ports[0] + 1, ports[1]);
	if (ports[1] == ports[0])
		return args_error(args, at,
				  "%s is one port: a call takes two, for RTP "
				  "and RTCP",
				  at->text);
	draft->as.gateway.rtp_port_first = (uint16_t)ports[0];
	draft->as.gateway.rtp_port_last = (uint16_t)ports[1];
	return args_end(args);
}

/* UTC is known also where there are no zones. */
static int apply_time_zone(struct args *args, struct draft *draft)
{
	char *zone = draft->as.gateway.time_zone;

	if (args_word(args, "UTC"))
		*zone = '\0';
	else if (args_zone(args, zone))
		return -EINVAL;
	return args_end(args);
}

/* The name of a zone of libtonezone. Which of them there are is known to media,
 * and depends on the library: here only what cannot be one is refused. */
static int apply_tones(struct args *args, struct draft *draft)
{
	struct report *report = &args->build->report;
	const struct token *at = args_take(args, "a country");
	char small[3] = "";

	if (!at)
		return -EINVAL;
	for (size_t i = 0; i < 2 && isascii((unsigned char)at->text[i]) &&
			   isalpha((unsigned char)at->text[i]);
	     i++)
		small[i] = (char)tolower((unsigned char)at->text[i]);
	if (strlen(small) != 2 || at->text[2])
		return args_error(args, at,
				  "\"%s\" is not a country: two letters name "
				  "one, such as de or us",
				  at->text);
	if (strcmp(small, at->text))
		return args_error(args, at, "\"%s\" is not a country: write %s",
				  at->text, report_text(report, "%s", small));
	strcpy(draft->as.gateway.tones, small);
	return args_end(args);
}

/* Where the common kinds of apply put what they read. */
#define FIELD(f)                                    \
	.offset = offsetof(struct conf_gateway, f), \
	.size = sizeof(((struct conf_gateway *)0)->f)

static const struct setting gateway_settings[] = {
	{
		.name = "listen",
		.effect = CONF_RESTART,
		.syntax = "<address> [<port>]",
		.range = "port 1 to 65535, 5060 if left out",
		.also = "bind bindaddr bind-address local-address sip-listen "
			"sip-ip address",
		.help = "Address and UDP port on which SIP is received. An "
			"IPv6 address may stand in brackets. 0.0.0.0 and [::] "
			"listen on every address of the machine and need "
			"advertise.",
		.flags = SETTING_REQUIRED,
		.apply = apply_listen,
	},
	{
		.name = "advertise",
		.effect = CONF_RESTART,
		.syntax = "<address>",
		.also = "externip external-ip ext-sip-ip public-ip "
			"public-address nat external-address",
		.help = "Address that others are told to send SIP and RTP to. "
			"Left out, it is the listen address.",
		.apply = apply_advertise,
	},
	{
		.name = "rtp-ports",
		.syntax = "<first>-<last>",
		.fallback = "16384-32767",
		.range = "1024 to 65535, the first one even",
		.also = "rtp-port rtp-range rtpstart rtp-start media-ports "
			"port-range rtp",
		.help = "UDP ports for RTP and RTCP. Every call takes two, an "
			"even one for RTP and the next for RTCP. Calls for "
			"which none are left are refused, so there should be "
			"two for each B channel of the spans.",
		.apply = apply_rtp_ports,
	},
	{
		.name = "jitter-buffer",
		.syntax = "<time>",
		.fallback = "60ms",
		.also = "jitterbuffer jb jitter playout-delay playout",
		.help = "How long received RTP is held before it is played to "
			"the telephone line. More survives worse networks, "
			"less makes a livelier conversation.",
		.apply = apply_time,
		FIELD(jitter_buffer_ms),
		.unit = "ms",
		.min = 10,
		.max = 500,
	},
	{
		.name = "control",
		.effect = CONF_RESTART,
		.syntax = "<path> [group <name>] [mode <octal>]",
		.fallback = "/run/tollgate/control.sock mode 0660",
		.range = "at most 107 bytes; modes 0600 and 0660",
		.also = "control-socket ctl socket",
		.help = "Unix socket that the tollgate command talks to. The "
			"members of its group command the gateway; if left "
			"out, that is the group of the daemon, which must be a "
			"member of any other.",
		.apply = apply_control,
	},
	{
		.name = "control-read",
		.effect = CONF_RESTART,
		.syntax = "<path> [group <name>] [mode <octal>] | none",
		.fallback = "none",
		.range = "at most 107 bytes; modes 0600 to 0666 (if left out: "
			 "0660)",
		.also = "control-readonly status-socket read-only",
		.help = "A second socket for those who may look and change "
			"nothing: monitoring, the help desk. It takes only "
			"the commands that show something, and with mode "
			"0666 from everybody on this machine.",
		.apply = apply_control_read,
	},
	{
		.name = "call-records",
		.syntax = "[json | csv] <path> [keep <records>] | none",
		.fallback = "/var/log/tollgate/calls.jsonl keep 10000",
		.range = "path at most 255 bytes, 100 to 1000000 records",
		.also = "cdr cdrs cdr-file call-record records",
		.help = "File to which every call attempt appends one line, "
			"of JSON or of comma-separated values; if neither is "
			"said, a path that ends in .csv means those. While "
			"the disk is full, so many records are kept in memory "
			"(about 1 KiB each) and written later; beyond that "
			"they go into the log.",
		.apply = apply_call_records,
	},
	{
		.name = "media-workers",
		.effect = CONF_RESTART,
		.syntax = "<number>",
		.fallback = "1",
		.also = "workers threads media-threads",
		.help = "Threads that carry voice. One serves dozens of spans; "
			"never more than the machine has processors.",
		.apply = apply_count,
		FIELD(media_workers),
		.min = 1,
		.max = 64,
	},
	{
		.name = "retry-after",
		.syntax = "<time>",
		.fallback = "10s",
		.also = "retry",
		.help = "What a 503 tells in Retry-After: no channel free, no "
			"span in service, or congestion in the network. Up to "
			"half more is added at random, so that callers refused "
			"together do not come back together.",
		.apply = apply_time,
		FIELD(retry_after_s),
		.unit = "s",
		.min = 1,
		.max = 3600,
	},
	{
		.name = "rtp-timeout",
		.syntax = "<time> | never",
		.fallback = "30s",
		.also = "rtptimeout rtp-timeout-sec rtp_timeout media-timeout "
			"rtp-inactivity-timeout no-rtp-timeout",
		.help = "After how long without a packet of voice an answered "
			"call is released: its SIP side has vanished without "
			"saying so. A call on hold may be silent for ever.",
		.flags = SETTING_OR_NEVER,
		.apply = apply_time,
		FIELD(rtp_timeout_ms),
		.unit = "ms",
		.min = 1000,
		.max = 3600000,
	},
	{
		.name = "drain-timeout",
		.syntax = "<time>",
		.fallback = "30s",
		.also = "shutdown-timeout stop-timeout graceful-timeout drain",
		.help = "How long calls may go on when the gateway is to stop; "
			"it takes no new ones meanwhile. 0s ends them at once. "
			"systemd is asked to wait as long; of another service "
			"manager 10 s more are wanted.",
		.apply = apply_time,
		FIELD(drain_timeout_ms),
		.unit = "ms",
		.min = 0,
		.max = 3600000,
	},
	{
		.name = "time-zone",
		.syntax = "<zone>",
		.fallback = "UTC",
		.also = "timezone zone tz locale",
		.help = "The zone whose days those of \"min/day\" are, as "
			"Europe/Berlin: a limit of minutes begins anew at its "
			"midnight. It is that of tollgate route explain too, "
			"unless there are hours with another one.",
		.apply = apply_time_zone,
	},
	{
		.name = "tones",
		.effect = CONF_RESTART,
		.syntax = "<country>",
		.fallback = "us",
		.range = "two letters",
		.also = "tone country loadzone defaultzone tone-zone tonezone "
			"indications locale region",
		.help = "The country whose tones are played to the telephone "
			"line: de, fr, uk, us and so on, as libtonezone names "
			"them.",
		.apply = apply_tones,
	},
	{ .name = NULL },
};

/* A listen address of all zeros cannot be put into an SDP, and none of the
 * machine's addresses is more likely than another to be the right one. */
static void check_addresses(struct build *build, struct draft *draft)
{
	const struct conf_gateway *gw = &draft->as.gateway;
	const struct token *advertise = setting_seen(draft, "advertise");
	const char *usage =
		setting_usage(&build->report,
			      setting_find(draft->desc, "advertise"));

	if (!advertise && address_is_any(&gw->listen))
		report_error(&build->report, setting_seen(draft, "listen"),
			     usage,
			     "listening on every address, %s needs "
			     "\"advertise\": the one that others send to",
			     draft->label);
	if (advertise && gw->advertise.ss_family != gw->listen.ss_family)
		report_error(&build->report, advertise, usage,
			     "\"advertise\" is IPv%c, \"listen\" is IPv%c",
			     gw->advertise.ss_family == AF_INET ? '4' : '6',
			     gw->listen.ss_family == AF_INET ? '4' : '6');
}

/* RTP ports are bound when a call comes: a clash with the SIP port would show
 * itself in one call of many, as one without sound. */
static void check_gateway(struct build *build, struct draft *draft)
{
	const struct conf_gateway *gw = &draft->as.gateway;
	const struct token *at = setting_seen(draft, "rtp-ports");
	unsigned sip = address_port(&gw->listen);

	check_addresses(build, draft);
	if (sip >= gw->rtp_port_first && sip <= gw->rtp_port_last)
		report_error(&build->report,
			     at ? at : setting_seen(draft, "listen"), NULL,
			     "the SIP port %u is one of rtp-ports %u-%u", sip,
			     gw->rtp_port_first, gw->rtp_port_last);
}

const struct block_desc gateway_block = {
	.open = {
		.name = "gateway",
		.syntax = "<name>",
		.also = "global general main settings",
		.help = "The gateway itself. There is exactly one; its name "
			"stands in the log and in status displays.",
		.apply = apply_block_name,
	},
	.settings = gateway_settings,
	.check = check_gateway,
};

/* syslog's levels without those that a daemon never writes (emerg, alert,
 * crit): nobody should be able to choose a silence in which "service lost" is
 * left out. */
static const struct keyword levels[] = {
	{ "err", LOG_ERR, "error critical", false },
	{ "warning", LOG_WARNING, "warn", false },
	{ "notice", LOG_NOTICE, NULL, false },
	{ "info", LOG_INFO, "verbose information", false },
	{ "debug", LOG_DEBUG, "trace", false },
	{ NULL, 0, NULL, false },
};

static int apply_to(struct args *args, struct draft *draft)
{
	static const struct keyword targets[] = {
		{ "stderr", LOG_TO_STDERR, "console stdout", false },
		{ "syslog", LOG_TO_SYSLOG, NULL, false },
		{ "journal", LOG_TO_JOURNAL, "journald systemd", false },
		{ NULL, 0, NULL, false },
	};
	unsigned all = 0, one;

	do {
		if (args_keyword(args, "a place to log to", targets, &one))
			return -EINVAL;
		all |= one;
	} while (args_left(args));
	draft->as.log.targets = all;
	return 0;
}

static const struct setting log_settings[] = {
	{
		.name = "level",
		.syntax = "err | warning | notice | info | debug",
		.fallback = "info",
		.also = "severity verbosity log-level loglevel",
		.help = "The least important lines that are written. err: "
			"service lost. warning: redundancy lost or a limit "
			"hit. notice: a span or peer changed state. info: the "
			"story of every call. debug: every state transition.",
		.apply = apply_keyword,
		.offset = offsetof(struct conf_log, level),
		.keywords = levels,
	},
	{
		.name = "to",
		.effect = CONF_RESTART,
		.syntax = "stderr | syslog | journal ...",
		.fallback = "syslog",
		.also = "target output destination file",
		.help = "Where lines go; several may be named. None is waited "
			"for: of lines that it does not take 1024 are kept. "
			"journal is systemd's, where each event also has the "
			"fields TOLLGATE_EVENT and TOLLGATE_CALL.",
		.apply = apply_to,
	},
	{
		.name = "syslog-socket",
		.effect = CONF_RESTART,
		.syntax = "<path>",
		.fallback = "/dev/log",
		.range = "at most 107 bytes",
		.also = "syslog-path syslog-address",
		.help = "Datagram socket on which syslogd takes lines.",
		.apply = apply_path,
		.offset = offsetof(struct conf_log, syslog),
		.size = sizeof((struct conf_log *)0)->syslog,
	},
	{ .name = NULL },
};

const struct block_desc log_block = {
	.open = {
		.name = "log",
		.syntax = "",
		.also = "logging syslog logger",
		.help = "What is logged, and where to. There is at most one.",
		.apply = apply_no_name,
	},
	.settings = log_settings,
};
