/* tollgate(1) has every command of the table, as the table has it. */
#include "gateway/commands.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE "gateway/cli/tollgate.1"
#define LINE_MAX_LEN 200

static void add(char line[LINE_MAX_LEN], const char *macro, const char *text)
{
	size_t used = strlen(line);

	used += (size_t)snprintf(line + used, LINE_MAX_LEN - used, " %s ",
				 macro);
	assert_true(used + strlen(text) < LINE_MAX_LEN);
	strcpy(line + used, text);
}

static void add_name(char line[LINE_MAX_LEN], const struct command_item *item)
{
	char name[32];
	size_t i;

	for (i = 0; item->name[i]; i++)
		name[i] = (char)tolower((unsigned char)item->name[i]);
	strcpy(name + i, item->rest ? " ..." : "");
	add(line, "Ar", name);
}

/* ".It Cm drain span Ar span Oo Cm timeout Ar duration Oc Op Fl -wait": an Op
 * lasts to the end of the line. */
static void mdoc(char line[LINE_MAX_LEN], const struct command *command)
{
	struct command_syntax syntax;

	command_read_syntax(&syntax, command->usage);
	snprintf(line, LINE_MAX_LEN, ".It Cm %s", syntax.name);
	for (size_t i = 0; i < syntax.item_count; i++) {
		const struct command_item *item = &syntax.items[i];

		bool last = i + 1 == syntax.item_count;

		if (item->optional)
			strcat(line, last ? " Op" : " Oo");
		if (*item->keyword == '-')
			add(line, "Fl", item->keyword + 1);
		else if (*item->keyword)
			add(line, "Cm", item->keyword);
		if (*item->name)
			add_name(line, item);
		if (item->optional && !last)
			strcat(line, " Oc");
	}
}

static char *read_page(void)
{
	FILE *file = fopen(PAGE, "r");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static bool has_line(const char *page, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = page; (at = strstr(at, line)); at++)
		if ((at == page || at[-1] == '\n') && at[len] == '\n')
			return true;
	return false;
}

static void every_command_is_in_the_page(void **state)
{
	char *page = read_page();
	unsigned missing = 0;

	(void)state;
	for (const struct command *c = command_table; c->usage; c++) {
		char line[LINE_MAX_LEN];

		mdoc(line, c);
		if (has_line(page, line))
			continue;
		print_error(PAGE " lacks: %s\n", line);
		missing++;
	}
	assert_int_equal(missing, 0);
	free(page);
}

static void every_command_of_the_page_is_there(void **state)
{
	char *page = read_page();
	char *at = strstr(page, "\nThe commands are:\n");
	char *end = strstr(page, "\n.Ss The first screens\n");
	unsigned wrong = 0;

	(void)state;
	assert_true(at && end && at < end);
	*end = '\0';
	for (char *line = strtok(at, "\n"); line; line = strtok(NULL, "\n")) {
		const struct command *c = command_table;
		char known[LINE_MAX_LEN] = "";

		if (strncmp(line, ".It Cm ", 7) != 0)
			continue;
		for (; c->usage && strcmp(known, line) != 0; c++)
			mdoc(known, c);
		if (!strcmp(known, line))
			continue;
		print_error("no command is: %s\n", line);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_in_the_page),
		cmocka_unit_test(every_command_of_the_page_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
