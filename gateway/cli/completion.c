/* The shells' scripts for completion. They hold no list of commands: they ask
 * the `tollgate` that is typed, which has the table and can ask the daemon for
 * names, so that a script is never older than its program. */
#include "gateway/cli/complete.h"

#include <string.h>

static const char bash[] =
	"# bash completion for tollgate(1), written by 'tollgate completion "
	"bash'.\n"
	"_tollgate()\n"
	"{\n"
	"	local current=${COMP_WORDS[COMP_CWORD]} word\n"
	"	COMPREPLY=()\n"
	"	while IFS=$'\\t' read -r word _; do\n"
	"		if [ \"$word\" = :file ]; then\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			while IFS= read -r word; do\n"
	"				COMPREPLY+=(\"$word\")\n"
	"			done < <(compgen -f -- \"$current\")\n"
	"		else\n"
	"			COMPREPLY+=(\"$word\")\n"
	"		fi\n"
	"	done < <(\"${COMP_WORDS[0]}\" complete \\\n"
	"		\"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
	"	# A channel's span is not the whole of the word.\n"
	"	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != */ ]] ||\n"
	"		compopt -o nospace 2>/dev/null\n"
	"}\n"
	"complete -F _tollgate tollgate\n";

static const char zsh[] =
	"#compdef tollgate\n"
	"# zsh completion for tollgate(1), written by 'tollgate completion "
	"zsh'.\n"
	"_tollgate() {\n"
	"	local -a found\n"
	"	local word help file\n"
	"	while IFS=$'\\t' read -r word help; do\n"
	"		if [[ $word == :file ]]; then\n"
	"			file=1\n"
	"		else\n"
	"			found+=(\"${word//:/\\\\:}${help:+:$help}\")\n"
	"		fi\n"
	"	done < <(\"$words[1]\" complete \"${(@)words[2,CURRENT]}\" "
	"2>/dev/null)\n"
	"	(( ! $#found )) || _describe -V tollgate found\n"
	"	[[ -z $file ]] || _files\n"
	"}\n"
	"if [[ $funcstack[1] == _tollgate ]]; then\n"
	"	_tollgate \"$@\"\n"
	"else\n"
	"	compdef _tollgate tollgate\n"
	"fi\n";

int completion_run(const struct cli *cli, const struct command_line *line)
{
	fputs(strcmp(command_get(line, "SHELL"), "zsh") ? bash : zsh, cli->out);
	return CLI_GOOD;
}
