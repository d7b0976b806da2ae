#include "gateway/class_notice.h"

#include "conf/class.h"
#include "conf/date.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/loop.h"

unsigned class_notice_log(const struct conf *conf, int32_t today)
{
	unsigned count = 0;

	for (size_t i = 0; i < conf->class_count; i++) {
		const struct conf_class *class = &conf->classes[i];
		char day[DATE_TEXT];

		if (class_age(class, today) == CLASS_FRESH)
			continue;
		count++;
		date_format(class->review_by, day);
		log_event(EVENT_CLASS_OUTDATED, NULL,
			  "class=%s file=%s review_by=%s the list of "
			  "number-class %s %s",
			  class->name, class->review_file, day, class->name,
			  class_age(class, today) == CLASS_DUE
				  ? "is to be reviewed soon"
				  : "is out of date");
	}
	return count;
}

static void look(struct class_notice *notice)
{
	int32_t today =
		(int32_t)(clock_calendar_ns() / NS_PER_S / (24 * 60 * 60));

	class_notice_log(notice->gateway->conf, today);
	timer_start(loop_timers(notice->gateway->loop), &notice->timer,
		    CLASS_NOTICE_EVERY_MS);
}

static void due(void *arg)
{
	look(arg);
}

void class_notice_init(struct class_notice *notice, struct gateway *gw)
{
	notice->gateway = gw;
	timer_init(&notice->timer, "class-notice", due, notice);
}

void class_notice_start(struct class_notice *notice)
{
	look(notice);
}

void class_notice_stop(struct class_notice *notice)
{
	timer_stop(&notice->timer);
}
