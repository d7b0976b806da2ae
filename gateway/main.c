/* tollgated: options, start and stop in order. */
#include "gateway/configuration.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "gateway/reload.h"
#include "gateway/version.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/tollgate/tollgate.conf"

/* Open files of one call: RTP and RTCP, each port with its shield. */
#define FILES_PER_CALL 4
/* Of a virtual span: the connection, voice, D channel. A card's span has one
 * for each channel. */
#define FILES_PER_VIRTUAL_SPAN 3
/* Logs, records, the loops, SIP, operators. */
#define FILES_OTHER 64

enum exit_status { EXIT_GOOD = 0, EXIT_WRONG = 1, EXIT_UNREADABLE = 2 };

struct options {
	const char *file;
	bool check_only;
};

static void usage(FILE *out)
{
	fputs("usage: tollgated [-f FILE]        run the gateway\n"
	      "       tollgated --check FILE     check a configuration: exit "
	      "0 good,\n"
	      "                                  1 wrong, 2 unreadable\n"
	      "       tollgated --help | --version\n"
	      "FILE is " DEFAULT_FILE " when none is given.\n",
	      out);
}

static void parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "check", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:h", longs, NULL)) != -1) {
		switch (c) {
		case 'f': opt->file = optarg; break;
		case 'c':
			opt->file = optarg;
			opt->check_only = true;
			break;
		case 'h': usage(stdout); exit(EXIT_GOOD);
		case 'v': puts("tollgated " TOLLGATE_VERSION); exit(EXIT_GOOD);
		default: usage(stderr); exit(EXIT_WRONG);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "tollgated: \"%s\" is not an option\n",
			argv[optind]);
		usage(stderr);
		exit(EXIT_WRONG);
	}
}

/* What signals act on. */
struct running {
	const char *file;
	/* NULL: it is being taken down, or a start that failed is. */
	struct gateway *gw;
};

static void on_stop_signal(void *arg, int signo)
{
	struct running *run = arg;

	log_event(EVENT_SIGNAL, NULL, "signal %s", strsignal(signo));
	if (run->gw)
		gateway_stop(run->gw);
}

static void on_hangup_signal(void *arg, int signo)
{
	struct running *run = arg;

	if (!run->gw || run->gw->phase != GATEWAY_RUNNING) {
		log_event(EVENT_CONFIG_NOT_READ, NULL,
			  "file=%s signal %s: %s is not read again, the "
			  "gateway stops",
			  run->file, strsignal(signo), run->file);
		return;
	}
	reload_signal(run->gw->reload);
}

static void on_rotate_signal(void *arg, int signo)
{
	struct running *run = arg;
	char to[CDR_PATH_MAX];

	(void)signo;
	if (run->gw)
		cdr_rotate(run->gw->cdr, to);
}

/* Signals are blocked before gateway_new starts the media workers: a thread
 * that does not block SIGTERM would die of it. */
static int watch_signals(struct loop *loop, struct running *run)
{
	int err = loop_signal(loop, SIGTERM, on_stop_signal, run);

	if (err == 0)
		err = loop_signal(loop, SIGINT, on_stop_signal, run);
	if (err == 0)
		err = loop_signal(loop, SIGHUP, on_hangup_signal, run);
	if (err == 0)
		err = loop_signal(loop, SIGUSR1, on_rotate_signal, run);
	return err;
}

/* What the configuration can have open at once: as many calls as there are
 * pairs of ports and channels. */
static rlim_t files_needed(const struct conf *conf)
{
	unsigned pairs = (conf->gateway.rtp_port_last + 1u -
			  conf->gateway.rtp_port_first) /
			 2;
	unsigned channels = 0, files = FILES_OTHER;

	for (size_t i = 0; i < conf->span_count; i++) {
		const struct conf_span *span = &conf->spans[i];
		unsigned bearers = (unsigned)__builtin_popcount(span->channels);

		channels += bearers;
		files += span->device == CONF_DEVICE_DAHDI
				 ? bearers + 1
				 : FILES_PER_VIRTUAL_SPAN;
	}
	return files + FILES_PER_CALL * (pairs < channels ? pairs : channels);
}

/* A shell's usual 1024 open files are 240 calls. The soft limit is there for
 * programs that use select, which we do not. */
static void raise_file_limit(const struct conf *conf)
{
	struct rlimit limit;
	rlim_t needed = files_needed(conf);

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < needed)
		log_event(EVENT_FEW_FILES, NULL,
			  "allowed=%llu needed=%llu only %llu open files are "
			  "allowed, calls on all channels need %llu",
			  (unsigned long long)limit.rlim_max,
			  (unsigned long long)needed,
			  (unsigned long long)limit.rlim_max,
			  (unsigned long long)needed);
}

/* It runs the loop once more, and signals may come still. */
static void take_down(struct running *run)
{
	struct gateway *gw = run->gw;

	run->gw = NULL;
	gateway_free(gw);
}

static int run(const char *file, struct conf *conf)
{
	struct running run = { .file = file };
	struct loop *loop;
	int err = loop_new(&loop);

	if (err < 0) {
		log_event(EVENT_NO_LOOP, NULL, "no event loop: %s",
			  strerror(-err));
		conf_free(conf);
		return EXIT_WRONG;
	}
	err = watch_signals(loop, &run);
	if (err == 0)
		err = gateway_new(&run.gw, loop, conf, file);
	else
		conf_free(conf);
	if (err == 0) {
		log_starting(false);
		loop_run(loop);
		if (!gateway_stopped(run.gw)) {
			/* Sofia asserts when it is torn down while dialogs
			 * live: the process ends instead, records written. */
			gateway_cut(run.gw);
			log_close();
			_exit(EXIT_WRONG);
		}
	}
	take_down(&run);
	loop_free(loop);
	return err < 0 ? EXIT_WRONG : EXIT_GOOD;
}

/* What there is to say goes to whoever started us, and into *said (may become
 * NULL; the caller frees it) for the log, which is not open yet: nobody may
 * read the stderr of a service. */
static int load(const char *file, struct conf **conf, char **said)
{
	size_t len;
	FILE *out;
	int err;

	*said = NULL;
	out = open_memstream(said, &len);
	if (!out)
		return configuration_load(conf, file, stderr);
	err = configuration_load(conf, file, out);
	if (fclose(out) == 0)
		fputs(*said, stderr);
	return err;
}

int main(int argc, char **argv)
{
	struct options opt = { .file = DEFAULT_FILE };
	/* The log keeps it, a reload frees the configuration, and a thread of
	 * the log may outlive this function. */
	static char syslog_socket[CONF_PATH_MAX];
	struct conf *conf = NULL;
	char *said;
	int status, err;

	parse_options(argc, argv, &opt);
	err = load(opt.file, &conf, &said);
	if (err < 0 || opt.check_only)
		free(said);
	if (err < 0)
		return err == -EINVAL ? EXIT_WRONG : EXIT_UNREADABLE;
	if (opt.check_only) {
		printf("%s is good", opt.file);
		if (conf->test_count)
			printf(", tests that pass: %zu", conf->test_count);
		putchar('\n');
		conf_free(conf);
		return EXIT_GOOD;
	}
	/* A peer that closes its end must cost an error code, not the
	 * process. */
	signal(SIGPIPE, SIG_IGN);
	log_open("tollgated", conf->log.targets, conf->log.level);
	log_starting(true);
	memcpy(syslog_socket, conf->log.syslog, sizeof syslog_socket);
	err = log_start_writers(syslog_socket);
	if (err < 0)
		log_event(EVENT_LOG_NO_THREADS, NULL,
			  "no threads for the log: %s", strerror(-err));
	configuration_log(said);
	free(said);
	raise_file_limit(conf);
	status = run(opt.file, conf);
	log_close();
	return status;
}
