#include "gateway/commands.h"

/* In the order of the help. */
const struct command command_table[] = {
	{ "status", "the gateway on one page", 0 },
	{ "show spans", "every span: state, alarms, channels", 0 },
	{ "show channels", "every B channel and the call on it", 0 },
	{ "show trunks", "trunk groups: channels, calls, how many are answered",
	  0 },
	{ "show peers", "sip-peers: state, calls, what their limits refused",
	  0 },
	{ "show stats", "calls by quarter of an hour and by cause, all voice",
	  0 },
	{ "show calls", "calls in progress and the last ones", 0 },
	{ "show call ID", "one call: its ladder, legs, media and cause", 0 },
	{ "audit", "count what there is of calls, mend what is left over",
	  COMMAND_CHANGES },
	{ "hangup ID", "end a call, cause 16", COMMAND_CHANGES },
	{ "setup [--output FILE] [--virtual]",
	  "write a first configuration for this machine", COMMAND_LOCAL },
	{ "completion SHELL", "completion for bash or zsh, to be sourced",
	  COMMAND_LOCAL },
	{ "complete [WORDS...]", "what the last word may be, for completion",
	  COMMAND_LOCAL },
	{ "help [COMMAND...]", "the commands, or one of them", 0 },
	{ NULL, NULL, 0 },
};
