/* Files of a number class: data that others publish and change. */
#ifndef TOLLGATE_CONF_CLASS_FILE_H
#define TOLLGATE_CONF_CLASS_FILE_H

#include "conf/args.h"

/* Reads what "file `at`" stands for into `draft`: its numbers into `items`, and
 * into `send` until when it is to be reviewed. 0, or -EINVAL (reported). */
int class_file_read(struct build *build, const struct token *at,
		    struct draft *draft);

/* Reads the numbers that stand in a row, in such a file as in the block. 0, or
 * -EINVAL (reported). */
int apply_class_numbers(struct args *args, struct draft *draft);

#endif
