/* The settings of a numbering block that need more than a table, and the rules
 * that follow from them. */
#ifndef TOLLGATE_CONF_BLOCK_NUMBERING_H
#define TOLLGATE_CONF_BLOCK_NUMBERING_H

#include "conf/settings.h"

int numbering_country(struct args *args, struct draft *draft);
int numbering_area(struct args *args, struct draft *draft);
int numbering_national(struct args *args, struct draft *draft);
int numbering_international(struct args *args, struct draft *draft);
int numbering_short(struct args *args, struct draft *draft);
int numbering_caller(struct args *args, struct draft *draft);
int numbering_redirecting(struct args *args, struct draft *draft);

/* What must hold between the settings of the block. */
void numbering_check(struct build *build, struct draft *draft);

#endif
