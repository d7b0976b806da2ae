/* What the exchange tells of itself, as JSON. */
#ifndef TOLLGATE_REPORT_H
#define TOLLGATE_REPORT_H

#include "exchange/exchange_span.h"

#include <jansson.h>

/* New references, NULL for want of memory. */
json_t *report_call(const struct call_record *record);
json_t *report_span(const struct exchange_span_info *info);

#endif
