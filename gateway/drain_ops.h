/* A drain's hands: the gateway's calls and spans. */
#ifndef TOLLGATE_DRAIN_OPS_H
#define TOLLGATE_DRAIN_OPS_H

#include "gateway/drain.h"

/* `ctx` is the struct gateway. */
extern const struct drain_ops gateway_drain_ops;

#endif
