/* What every fuzz target gives to libFuzzer. */
#ifndef TOLLGATE_FUZZ_H
#define TOLLGATE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always 0. What is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() with a word about what was promised, and never compiled out. */
#define PROMISED(what, condition)                                      \
	do {                                                           \
		if (!(condition)) {                                    \
			fprintf(stderr, "%s:%d: not kept: %s (%s)\n",  \
				__FILE__, __LINE__, what, #condition); \
			abort();                                       \
		}                                                      \
	} while (0)

#endif
