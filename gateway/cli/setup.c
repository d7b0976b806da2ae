#include "gateway/cli/setup.h"

#include "gateway/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAEMON_CONF "/etc/tollgate/tollgate.conf"
/* Readable by the daemon, whose user is not the one that writes. */
#define CONF_MODE 0644

static int refuse_output(struct screen *screen, const char *path, int error)
{
	switch (error) {
	case EEXIST:
		setup_say(screen,
			  "tollgate: %s exists and is left as it is. Name "
			  "another file, or move it out of the way.",
			  path);
		break;
	case ENOENT:
		setup_say(screen,
			  "tollgate: %s cannot be written: there is no such "
			  "directory (mkdir -p).",
			  path);
		break;
	default:
		setup_say(screen, "tollgate: %s cannot be written: %s.", path,
			  strerror(error));
	}
	return CLI_REFUSED;
}

/* Whole or not at all: what is cut off by a full disk may still be valid. */
static int write_file(struct screen *screen, const char *path, const char *text,
		      size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, CONF_MODE);
	size_t done = 0;
	int error = 0;

	if (fd < 0)
		return refuse_output(screen, path, errno);
	/* The daemon is another user, and root's umask may be 077. */
	if (fchmod(fd, CONF_MODE) < 0)
		error = errno;
	while (done < len && !error) {
		ssize_t n = write(fd, text + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			error = errno;
	}
	if (!error && fsync(fd) < 0 && errno != EINVAL)
		error = errno;
	if (close(fd) < 0 && !error)
		error = errno;
	if (!error)
		return CLI_GOOD;
	unlink(path);
	return refuse_output(screen, path, error);
}

static int write_out(struct screen *screen, FILE *out, const char *text,
		     size_t len)
{
	if (fwrite(text, 1, len, out) == len && fflush(out) == 0)
		return CLI_GOOD;
	setup_say(screen, "tollgate: cannot write the configuration: %s.",
		  strerror(errno));
	return CLI_REFUSED;
}

static void say_next(struct screen *screen, const struct setup_options *opt)
{
	const char *file = opt->output;

	setup_say(screen, "The configuration is in %s. Next:", file);
	if (opt->virtual_span) {
		setup_type(screen, "mkdir -p run");
		setup_type(screen, "tollgate-exchange --socket "
				   "run/exchange.sock \\");
		setup_type(screen, "  --control run/exchange-control.sock &");
		setup_type(screen, "tollgated -f %s", file);
		return;
	}
	setup_type(screen, "grep -n CHANGE: %s    # what only you know", file);
	setup_type(screen, "tollgated --check %s", file);
	if (strcmp(file, DAEMON_CONF))
		setup_type(screen, "sudo cp %s " DAEMON_CONF, file);
	setup_type(screen, "sudo systemctl enable --now tollgate");
	setup_type(screen, "tollgate show spans");
}

/* With `scan` NULL for a virtual span. */
static int write_conf(struct screen *screen, const struct setup_options *opt,
		      const struct setup_machine *machine,
		      const struct dahdi_scan *scan, FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int status;

	if (memory && scan)
		setup_write(memory, machine, scan);
	else if (memory)
		setup_write_virtual(memory);
	if (!memory || fclose(memory) != 0) {
		setup_say(screen, "tollgate: out of memory");
		free(text);
		return CLI_REFUSED;
	}
	status = opt->output ? write_file(screen, opt->output, text, len)
			     : write_out(screen, out, text, len);
	free(text);
	if (status == CLI_GOOD && opt->output)
		say_next(screen, opt);
	return status;
}

static void offer_virtual(struct screen *screen)
{
	screen_put(screen, INK_PLAIN, "\n");
	setup_say(screen,
		  "Nothing is written. Without a card Tollgate works with its "
		  "telephone exchange in software, on a virtual span:");
	setup_type(screen, "tollgate setup --virtual --output FILE");
}

static void report(struct screen *screen, const struct setup_options *opt,
		   const struct dahdi_scan *scan)
{
	struct setup_span *facts = calloc(scan->count, sizeof *facts);

	for (unsigned i = 0; facts && i < scan->count; i++)
		setup_span_read(&facts[i], opt->root, &scan->span[i]);
	if (facts)
		setup_report(screen, scan, facts);
	free(facts);
}

int setup_run(const struct setup_options *opt, FILE *out, FILE *err)
{
	struct setup_machine machine;
	struct dahdi_scan *scan = NULL;
	struct screen screen;
	int error, status;

	screen_open(&screen, err);
	if (opt->virtual_span)
		return write_conf(&screen, opt, NULL, NULL, out);
	setup_machine_read(&machine, opt->root);
	error = dahdi_scan_new(&scan, opt->kernel);
	if (!error && scan->count)
		report(&screen, opt, scan);
	if (!error && setup_usable(scan)) {
		setup_warn_daemon(&screen, &machine);
		status = write_conf(&screen, opt, &machine, scan, out);
	} else {
		setup_explain(&screen, &machine, error, scan);
		offer_virtual(&screen);
		status = CLI_NO_SPAN;
	}
	dahdi_scan_free(scan);
	return status;
}
