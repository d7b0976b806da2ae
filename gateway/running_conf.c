#include "gateway/running_conf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct running_conf {
	struct conf *conf;
	unsigned long uses;
	struct running_conf_count *count;
};

int running_conf_new(struct running_conf **out, struct conf *conf,
		     struct running_conf_count *count)
{
	struct running_conf *running = calloc(1, sizeof *running);

	if (!running) {
		conf_free(conf);
		return -ENOMEM;
	}
	running->conf = conf;
	running->uses = 1;
	running->count = count;
	count->made++;
	*out = running;
	return 0;
}

struct running_conf *running_conf_use(struct running_conf *running)
{
	if (running)
		running->uses++;
	return running;
}

void running_conf_release(struct running_conf *running)
{
	if (!running)
		return;
	assert(running->uses > 0);
	running->uses--;
	if (running->uses > 0)
		return;
	running->count->freed++;
	conf_free(running->conf);
	free(running);
}

const struct conf *running_conf_get(const struct running_conf *running)
{
	return running ? running->conf : NULL;
}
