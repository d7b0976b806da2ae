#include "gateway/control_log.h"

#include "gateway/event.h"

#include <stdio.h>

#define OBJECT "control"
#define COMMAND_MAX (CONTROL_LINE_MAX + 1)

/* "uid=0 gid=0 pid=4711", as numbers: a name may be asked of another machine,
 * and calls do not wait for it. */
static const char *who(const struct control *control, char out[80])
{
	struct control_peer peer;

	if (control_peer(control, &peer))
		snprintf(out, 80, "uid=%u gid=%u pid=%d", (unsigned)peer.uid,
			 (unsigned)peer.gid, (int)peer.pid);
	else
		snprintf(out, 80, "%s", OBJECT);
	return out;
}

/* Never longer than the line that it was cut from. */
static const char *joined(int argc, char *const argv[], char out[COMMAND_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (int i = 0; i < argc && used < COMMAND_MAX; i++)
		used += (size_t)snprintf(out + used, COMMAND_MAX - used, "%s%s",
					 i ? " " : "", argv[i]);
	return out;
}

void control_log_change(const struct control *control, int argc,
			char *const argv[], const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *done = json_string_value(json_object_get(answer, "done"));
	const char *outcome = answer && !error ? "done" : "refused";
	char object[80], command[COMMAND_MAX];

	if (!answer && control_is_later(control)) {
		outcome = "begun";
		done = "its end is another event";
	}
	if (!done)
		done = error ? error : "no more is told";
	log_event(EVENT_OPERATOR, who(control, object),
		  "command=%s outcome=%s %s", joined(argc, argv, command),
		  outcome, done);
}

void control_log_refusal(const struct control *control, int argc,
			 char *const argv[])
{
	char object[80], command[COMMAND_MAX];

	log_event(EVENT_OPERATOR_REFUSED, who(control, object),
		  "command=%s it changes something and came on the socket "
		  "for looking only",
		  joined(argc, argv, command));
}
