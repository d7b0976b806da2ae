#include "dahdi/line.h"

const struct line_desc *line_desc(enum line_type type)
{
	static const struct line_desc descs[LINE_TYPES] = {
		[LINE_TYPE_E1] = { "E1", 31, 16, UINT32_C(0xfffefffe),
				   G711_ALAW, LINE_EUROISDN },
		[LINE_TYPE_T1] = { "T1", 24, 24, UINT32_C(0x00fffffe),
				   G711_ULAW, LINE_NI2 },
	};

	return &descs[type];
}

const char *line_protocol_name(enum line_protocol protocol)
{
	return protocol == LINE_NI2 ? "ni2" : "euroisdn";
}
