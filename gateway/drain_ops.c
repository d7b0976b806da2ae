#include "gateway/drain_ops.h"

#include "gateway/drain_call.h"
#include "gateway/gateway.h"

#include <stdlib.h>

static bool exists(void *ctx, enum drain_kind kind, const char *name)
{
	const struct gateway *gw = ctx;

	switch (kind) {
	case DRAIN_SPAN:
		for (size_t i = 0; i < gw->conf->span_count; i++)
			if (gw->conf->spans[i].number ==
			    strtoul(name, NULL, 10))
				return true;
		return false;
	case DRAIN_TRUNK: return conf_trunk_find(gw->conf, name);
	case DRAIN_PEER: return conf_peer_find(gw->conf, name);
	default: return true;
	}
}

static unsigned calls(void *ctx, enum drain_kind kind, const char *name,
		      unsigned enough)
{
	const struct gateway *gw = ctx;
	const struct call *call;
	unsigned count = 0;

	for (call = TAILQ_FIRST(&gw->calls); call && count < enough;
	     call = TAILQ_NEXT(call, link))
		count += drain_call_concerns(call, kind, name);
	return count;
}

static void release(void *ctx, enum drain_kind kind, const char *name)
{
	struct gateway *gw = ctx;
	struct call *call, *next;

	for (call = TAILQ_FIRST(&gw->calls); call; call = next) {
		/* A call that ends at once moves to the history. */
		next = TAILQ_NEXT(call, link);
		if (!call_is_emergency(call) &&
		    drain_call_concerns(call, kind, name))
			call_drained(call);
	}
}

static void changed(void *ctx, enum drain_kind kind, const char *name,
		    bool drained)
{
	const struct gateway *gw = ctx;

	if (kind == DRAIN_SPAN)
		isdn_drain(gw->isdn, (unsigned)strtoul(name, NULL, 10),
			   drained);
}

const struct drain_ops gateway_drain_ops = {
	.exists = exists,
	.calls = calls,
	.release = release,
	.changed = changed,
};
