#include "sip/rate.h"

#include "gateway/clock.h"

static uint64_t full(const struct rate *rate)
{
	return rate->per_s * NS_PER_S;
}

void rate_init(struct rate *rate, uint32_t per_s, uint64_t now_ns)
{
	*rate = (struct rate){ .per_s = per_s, .last_ns = now_ns };
	rate->credit = full(rate);
}

bool rate_take(struct rate *rate, uint64_t now_ns)
{
	uint64_t passed_ns =
		now_ns > rate->last_ns ? now_ns - rate->last_ns : 0;

	if (!rate->per_s)
		return true;
	/* More than a second fills it, and would overflow the product. */
	if (passed_ns > NS_PER_S)
		passed_ns = NS_PER_S;
	if (now_ns > rate->last_ns)
		rate->last_ns = now_ns;
	rate->credit += passed_ns * rate->per_s;
	if (rate->credit > full(rate))
		rate->credit = full(rate);
	if (rate->credit < NS_PER_S)
		return false;
	rate->credit -= NS_PER_S;
	return true;
}

bool rate_has(const struct rate *rate, uint64_t now_ns)
{
	struct rate copy = *rate;

	return rate_take(&copy, now_ns);
}
