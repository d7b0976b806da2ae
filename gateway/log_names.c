/* Names of levels and modules, also for programs that have no log. */
#include "gateway/log.h"

#include <string.h>

static const char *const level_names[] = {
	[LOG_EMERG] = "emerg",	   [LOG_ALERT] = "alert",
	[LOG_CRIT] = "crit",	   [LOG_ERR] = "err",
	[LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",	   [LOG_DEBUG] = "debug",
};

static const char *const module_names[] = {
	[LOG_GATEWAY] = "gateway", [LOG_CONF] = "conf", [LOG_DAHDI] = "dahdi",
	[LOG_MEDIA] = "media",	   [LOG_SIP] = "sip",
};

enum log_module log_module_of(const char *source_file)
{
	switch (source_file ? *source_file : 'g') {
	case 'c': return LOG_CONF;
	case 'd': return LOG_DAHDI;
	case 'm': return LOG_MEDIA;
	case 's': return LOG_SIP;
	default: return LOG_GATEWAY;
	}
}

const char *log_module_name(enum log_module module)
{
	return module_names[module];
}

int log_module_parse(const char *name)
{
	for (int i = 0; i < LOG_MODULES; i++)
		if (!strcmp(module_names[i], name))
			return i;
	return -1;
}

const char *log_level_name(int level)
{
	return level_names[level];
}

int log_level_parse(const char *name)
{
	for (int i = LOG_EMERG; i <= LOG_DEBUG; i++)
		if (!strcmp(level_names[i], name))
			return i;
	return -1;
}
