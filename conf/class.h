/* Classes of numbers: what is in them, and how old their lists are. */
#ifndef TOLLGATE_CONF_CLASS_H
#define TOLLGATE_CONF_CLASS_H

#include "conf/conf.h"

/* So long before the day by which a list is to be reviewed it is said. */
#define CLASS_NOTICE_DAYS 30

/* Whether `core`, +E.164 or a short code, is in the class. */
bool class_holds(const struct conf_class *class, const char *core);

/* Puts the numbers in the order that class_holds() counts on, each once; for
 * conf/. */
void class_sort(struct conf_class *class);

enum class_age { CLASS_FRESH, CLASS_DUE, CLASS_OUTDATED };

/* How old its lists are on `today`, days since 1970: due is what has
 * CLASS_NOTICE_DAYS or less. */
enum class_age class_age(const struct conf_class *class, int32_t today);

#endif
