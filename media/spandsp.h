/* spandsp, whose names for the laws are ours. */
#ifndef TOLLGATE_SPANDSP_H
#define TOLLGATE_SPANDSP_H

#define G711_ALAW SPANDSP_G711_ALAW
#define G711_ULAW SPANDSP_G711_ULAW
#include <spandsp.h>
#undef G711_ALAW
#undef G711_ULAW

#endif
