#include "dahdi/pri_setup.h"

#include "dahdi/pri_number.h"

#include <libpri.h>
#include <string.h>

struct pri_sr *pri_setup_new(const struct leg_setup *setup, enum g711_law law,
			     unsigned channel, bool exclusive)
{
	struct pri_sr *sr = pri_sr_new();
	struct leg_number to = setup->called;
	struct pri_party_number called;
	struct pri_party_id calling;

	if (!sr)
		return NULL;
	memset(&calling, 0, sizeof calling);
	pri_sr_set_channel(sr, (int)channel, exclusive, 0);
	/* 3.1 kHz audio, not speech: fax and modems must pass untouched. */
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_3_1K_AUDIO,
			  law == G711_ALAW ? PRI_LAYER_1_ALAW
					   : PRI_LAYER_1_ULAW);
	to.present = true;
	pri_number_put(&called, &to);
	pri_sr_set_called(sr, called.str, called.plan, 1);
	if (pri_number_put(&calling.number, &setup->calling))
		pri_sr_set_caller_party(sr, &calling);
	pri_redirecting_put(sr, &setup->redirecting);
	return sr;
}
