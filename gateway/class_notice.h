/* Says each day which lists of numbers are out of date, or will be soon: a
 * gateway that runs for years would have nobody else to say it. */
#ifndef TOLLGATE_CLASS_NOTICE_H
#define TOLLGATE_CLASS_NOTICE_H

#include "conf/conf.h"
#include "gateway/timer.h"

#define CLASS_NOTICE_EVERY_MS (24u * 60 * 60 * 1000)

struct gateway;

struct class_notice {
	struct gateway *gateway;
	struct timer timer;
};

void class_notice_init(struct class_notice *notice, struct gateway *gw);
/* At once, and each day from then on. */
void class_notice_start(struct class_notice *notice);
void class_notice_stop(struct class_notice *notice);

/* A line of the log for each class that is due on `today`, days since 1970. How
 * many there are. */
unsigned class_notice_log(const struct conf *conf, int32_t today);

#endif
