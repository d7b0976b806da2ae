#include "exchange/identity.h"

#include "dahdi/pri_number.h"

#include <libpri.h>

#define SCREENING_NETWORK 3 /* Q.931 4.5.10 */

void identity_received(struct call_identity *out, const pri_event_ring *ring)
{
	*out = (struct call_identity){ 0 };
	pri_digits_get(out->called.digits, ring->callednum);
	pri_plan_get(&out->called, ring->calledplan);
	out->called.present = *out->called.digits != '\0';
	pri_number_get(&out->calling, &ring->calling.number);
	pri_redirecting_get(&out->redirecting, ring->subcmds);
}

void identity_send(const struct call_identity *identity, struct pri_sr *sr)
{
	struct pri_party_number called;
	struct pri_party_id calling = { .number.valid = 0 };

	if (pri_number_put(&called, &identity->called))
		pri_sr_set_called(sr, called.str, called.plan, 1);
	if (pri_number_put(&calling.number, &identity->calling))
		pri_sr_set_caller_party(sr, &calling);
	pri_redirecting_put(sr, &identity->redirecting);
}

void identity_answer(struct call_identity *identity, struct pri *pri,
		     struct q931_call *call)
{
	struct leg_number *connected = &identity->connected;

	*connected = identity->called;
	connected->type = PRI_TON_SUBSCRIBER;
	connected->plan = PRI_NPI_E163_E164;
	connected->presentation = 0;
	connected->screening = SCREENING_NETWORK;
	pri_connected_put(pri, call, connected);
}

static json_t *number_json(const struct leg_number *number)
{
	if (!number->present && !number->presentation)
		return json_null();
	return json_pack("{s:s, s:i, s:i, s:i, s:i}", "digits", number->digits,
			 "type", number->type, "plan", number->plan,
			 "presentation", number->presentation, "screening",
			 number->screening);
}

void identity_report(const struct call_identity *identity, json_t *call)
{
	json_t *redirecting = json_null();

	if (identity->redirecting.number.present) {
		redirecting = number_json(&identity->redirecting.number);
		json_object_set_new(redirecting, "reason",
				    json_integer(identity->redirecting.reason));
		json_object_set_new(redirecting, "count",
				    json_integer(identity->redirecting.count));
	}
	json_object_set_new(call, "called_number",
			    number_json(&identity->called));
	json_object_set_new(call, "calling_number",
			    number_json(&identity->calling));
	json_object_set_new(call, "redirecting", redirecting);
	json_object_set_new(call, "connected",
			    number_json(&identity->connected));
}
