/* The kinds of primary rate line, and what may be spoken on their D channel.
 *
 * Which timeslots there are, where the D channel is and how voice is coded go
 * together: G.704 and G.711 leave no choice that a national network makes.
 */
#ifndef TOLLGATE_LINE_H
#define TOLLGATE_LINE_H

#include "media/g711.h"

#include <stdint.h>

enum line_type {
	LINE_TYPE_E1, /* 2048 kbit/s: Europe and most of the world */
	LINE_TYPE_T1, /* 1544 kbit/s: North America, Japan */
	LINE_TYPES
};

enum line_protocol {
	LINE_EUROISDN, /* ETSI EN 300 403 */
	LINE_NI2,      /* National ISDN 2, Bellcore SR-4994 */
};

struct line_desc {
	const char *name;	     /* "E1" */
	unsigned timeslots;	     /* 1..timeslots, but for frame alignment */
	unsigned dchannel;	     /* timeslot of the D channel (I.431) */
	uint32_t channels;	     /* bit t set: timeslot t is a B channel */
	enum g711_law law;	     /* G.711 */
	enum line_protocol protocol; /* the usual one */
};

/* Of a line of that type; static. */
const struct line_desc *line_desc(enum line_type type);

/* "euroisdn", "ni2": as it is configured. */
const char *line_protocol_name(enum line_protocol protocol);

#endif
