/* A list of numbers: read into a class, or refused with errors that stand in
 * it. The list and the configuration that names it are files in memory. */
#include "conf/class.h"
#include "conf/conf.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int list = -1;
static char path[32];

/* Once: the configuration never changes. */
static void prepare(void)
{
	char text[128];
	int conf;

	if (list >= 0)
		return;
	list = memfd_create("list", MFD_CLOEXEC);
	conf = memfd_create("conf", MFD_CLOEXEC);
	PROMISED("files in memory", list >= 0 && conf >= 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", conf);
	snprintf(text, sizeof text,
		 "gateway g { listen 127.0.0.1 }\n"
		 "number-class c { file /proc/self/fd/%d }\n",
		 list);
	PROMISED("written", write(conf, text, strlen(text)) > 0);
}

static void check_class(const struct conf_class *class)
{
	PROMISED("a class has numbers", class->number_count > 0);
	PROMISED("days are in range",
		 class->review_by >= 0 && class->review_by < 90000);
	PROMISED("who is dated has a file",
		 !class->review_by || class->review_file);
	PROMISED("what is out of date is refused",
		 class_age(class, 0) != CLASS_OUTDATED);
	for (size_t n = 0; n < class->number_count; n++)
		PROMISED("its numbers are in it",
			 class_holds(class, class->numbers[n].first));
	class_holds(class, "+49900123456");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *errors = NULL;
	size_t errors_len = 0;
	FILE *stream = open_memstream(&errors, &errors_len);
	struct conf *conf = NULL;
	int err;

	prepare();
	PROMISED("memory", stream);
	PROMISED("the list",
		 ftruncate(list, 0) == 0 &&
			 pwrite(list, data, size, 0) == (ssize_t)size);
	err = conf_load(&conf, path, stream);
	fclose(stream);
	PROMISED("two results", err == 0 || err == -EINVAL);
	PROMISED("one or the other", (err == 0) == !!conf);
	if (conf)
		check_class(&conf->classes[0]);
	else
		PROMISED("a refusal says why", strstr(errors, ": error: "));
	for (const char *c = errors; *c; c++)
		PROMISED("a terminal can show it",
			 (unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
	conf_free(conf);
	free(errors);
	return 0;
}
