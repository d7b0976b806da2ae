#include "gateway/cli/setup.h"

#include <stdarg.h>
#include <string.h>

void setup_list(char out[SETUP_LIST_MAX], uint32_t timeslots, int add,
		char between)
{
	size_t used = 0;

	*out = '\0';
	for (int t = 1, last; t <= TDM_TIMESLOTS; t = last + 1) {
		last = t;
		if (!(timeslots & UINT32_C(1) << t))
			continue;
		while (last < TDM_TIMESLOTS &&
		       timeslots & UINT32_C(1) << (last + 1))
			last++;
		if (used)
			out[used++] = between;
		used += (size_t)sprintf(out + used, "%d", t + add);
		if (last > t)
			used += (size_t)sprintf(out + used, "-%d", last + add);
	}
}

static void refuse(struct setup_fit *fit, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct setup_fit *fit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fit->why, sizeof fit->why, fmt, ap);
	va_end(ap);
}

/* The usual D channel when there are several: the others are data links. */
static void take_channels(struct setup_fit *fit,
			  const struct dahdi_scan_span *span)
{
	unsigned usual = line_desc(span->line)->dchannel;

	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		switch (dahdi_use(&span->timeslot[t - 1])) {
		case DAHDI_USE_B: fit->channels |= UINT32_C(1) << t; break;
		case DAHDI_USE_D:
			if (!fit->dchannel || t == usual)
				fit->dchannel = t;
			break;
		default: break;
		}
}

static void check_channels(struct setup_fit *fit,
			   const struct dahdi_scan_span *span)
{
	unsigned usual = line_desc(span->line)->dchannel;

	take_channels(fit, span);
	fit->usable = fit->channels && fit->dchannel;
	fit->configure = !fit->usable;
	if (!span->configured)
		refuse(fit, "dahdi_cfg has not configured it.");
	else if (!fit->dchannel)
		refuse(fit,
		       "It has no D channel: timeslot %u, which is channel "
		       "%d, must be dchan= in /etc/dahdi/system.conf. A line "
		       "without one, such as R2 or robbed bits, cannot be "
		       "used.",
		       usual, span->timeslot[usual - 1].number);
	else if (!fit->channels)
		refuse(fit, "It has no B channel: they must be bchan= in "
			    "/etc/dahdi/system.conf.");
}

void setup_fit(struct setup_fit *fit, const struct dahdi_scan_span *span)
{
	memset(fit, 0, sizeof *fit);
	if (span->going)
		refuse(fit, "It is being taken away: its driver is unloaded, "
			    "or it gets another number. Try again.");
	else if (span->line == LINE_TYPES || span->type[0] == 'J')
		refuse(fit,
		       "It is no primary rate line of E1 or T1: %u timeslots, "
		       "of type \"%s\". Nothing else is served.",
		       span->timeslots, span->type);
	else
		check_channels(fit, span);
}

unsigned setup_usable(const struct dahdi_scan *scan)
{
	unsigned usable = 0;

	for (unsigned i = 0; scan && i < scan->count; i++) {
		struct setup_fit fit;

		setup_fit(&fit, &scan->span[i]);
		usable += fit.usable;
	}
	return usable;
}
