#include "dahdi/dahdi_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <dahdi/user.h>

enum dahdi_use dahdi_use(const struct dahdi_timeslot *timeslot)
{
	int signalling = timeslot->signalling;

	if (!timeslot->number)
		return DAHDI_USE_ABSENT;
	if (!signalling)
		return DAHDI_USE_NONE;
	if (signalling == DAHDI_SIG_CLEAR)
		return DAHDI_USE_B;
	/* The card itself may do the HDLC. */
	if ((signalling & DAHDI_SIG_HDLCFCS) == DAHDI_SIG_HDLCFCS ||
	    signalling == DAHDI_SIG_HARDHDLC)
		return DAHDI_USE_D;
	return DAHDI_USE_OTHER;
}

/* Channels are numbered across all spans. */
void dahdi_scan_timeslots(const struct dahdi_kernel *kernel, int ctl,
			  unsigned span,
			  struct dahdi_timeslot timeslot[TDM_TIMESLOTS])
{
	memset(timeslot, 0, TDM_TIMESLOTS * sizeof *timeslot);
	for (int n = 1; n <= DAHDI_MAX_CHANNELS; n++) {
		struct dahdi_params params = { .channo = n };
		int slot;

		if (kernel->ioctl(ctl, DAHDI_GET_PARAMS, &params) < 0)
			continue;
		slot = params.chanpos - 1;
		if (params.spanno != (int)span || slot < 0 ||
		    slot >= TDM_TIMESLOTS)
			continue;
		timeslot[slot].number = n;
		timeslot[slot].signalling = params.sigtype;
	}
}

/* DAHDI gives programs a second to let go of a span that is to go. Until then
 * it is not open to anybody, which on a line that is configured so is also what
 * makes it one that nobody has opened yet. */
bool dahdi_is_going(const struct dahdi_spaninfo *info)
{
	return (info->alarms & DAHDI_ALARM_NOTOPEN) &&
	       !(info->lineconfig & DAHDI_CONFIG_NOTOPEN);
}

static const struct {
	int dahdi;
	enum line_alarm alarm;
} alarm_map[] = {
	{ DAHDI_ALARM_RED, LINE_RED },
	{ DAHDI_ALARM_YELLOW, LINE_YELLOW },
	{ DAHDI_ALARM_BLUE, LINE_BLUE },
	{ DAHDI_ALARM_LOOPBACK, LINE_LOOPBACK },
	{ DAHDI_ALARM_RECOVER, LINE_RECOVERING },
};

/* What has no name of its own, such as a span that was not started (NOTOPEN) or
 * a detail without its alarm, is a line that cannot be used all the same. */
unsigned dahdi_line_alarms(int dahdi)
{
	unsigned alarms = 0;

	for (size_t i = 0; i < sizeof alarm_map / sizeof *alarm_map; i++)
		if (dahdi & alarm_map[i].dahdi)
			alarms |= alarm_map[i].alarm;
	return dahdi && !alarms ? LINE_RED : alarms;
}

/* DAHDI's own spans without a card say "DYNAM": theirs is told by its size. An
 * analogue card may have 24 ports too; it has no line coding. */
enum line_type dahdi_line_type(const struct dahdi_spaninfo *info)
{
	if (!strncmp(info->spantype, "E1", sizeof info->spantype))
		return LINE_TYPE_E1;
	if (!strncmp(info->spantype, "T1", sizeof info->spantype) ||
	    !strncmp(info->spantype, "J1", sizeof info->spantype))
		return LINE_TYPE_T1;
	for (int type = 0; info->linecompat && type < LINE_TYPES; type++)
		if (info->totalchans == (int)line_desc(type)->timeslots)
			return (enum line_type)type;
	return LINE_TYPES;
}

/* Which one at its location it is. */
static unsigned nth_there(const struct dahdi_scan *scan, const char *location)
{
	unsigned nth = 1;

	for (unsigned i = 0; i < scan->count; i++)
		nth += !strcmp(scan->span[i].location, location);
	return nth;
}

/* DAHDI's texts fill their fields: the last byte may be no '\0'. Ours have one
 * more, and the memory is zeroed. */
static void add_span(struct dahdi_scan *scan, const struct dahdi_spaninfo *info)
{
	struct dahdi_scan_span *span = &scan->span[scan->count];

	span->number = (unsigned)info->spanno;
	memcpy(span->name, info->name, sizeof info->name);
	memcpy(span->description, info->desc, sizeof info->desc);
	memcpy(span->location, info->location, sizeof info->location);
	memcpy(span->type, info->spantype, sizeof info->spantype);
	span->line = dahdi_line_type(info);
	span->timeslots = (unsigned)info->totalchans;
	span->configured = (unsigned)info->numchans;
	span->alarms = dahdi_line_alarms(info->alarms);
	span->sync_source = (unsigned)info->syncsrc;
	span->nth = nth_there(scan, span->location);
	span->going = dahdi_is_going(info);
	scan->count++;
}

int dahdi_scan_new(struct dahdi_scan **out, const struct dahdi_kernel *kernel)
{
	struct dahdi_scan *scan =
		calloc(1, sizeof *scan + DAHDI_MAX_SPANS * sizeof *scan->span);
	int ctl, err;

	if (!scan)
		return -ENOMEM;
	if (!kernel)
		kernel = &dahdi_kernel;
	ctl = kernel->open(DAHDI_CTL_PATH, O_RDWR | O_CLOEXEC);
	if (ctl < 0) {
		err = -errno;
		free(scan);
		return err;
	}
	for (int n = 1; n <= DAHDI_MAX_SPANS; n++) {
		struct dahdi_spaninfo info = { .spanno = n };

		if (kernel->ioctl(ctl, DAHDI_SPANSTAT, &info) == 0)
			add_span(scan, &info);
	}
	for (unsigned i = 0; i < scan->count; i++)
		dahdi_scan_timeslots(kernel, ctl, scan->span[i].number,
				     scan->span[i].timeslot);
	kernel->close(ctl);
	*out = scan;
	return 0;
}

void dahdi_scan_free(struct dahdi_scan *scan)
{
	free(scan);
}
