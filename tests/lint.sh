#!/bin/bash
# What a compiler does not check: formatting, man pages, shell, sizes, and the
# rules about which folder may include what. Every finding is a line.
set -u
cd "$(dirname "$0")/.." || exit 2
findings=0
found() {
	echo "$*"
	findings=$((findings + 1))
}
mapfile -t code < <(git ls-files '*.c' '*.h')
mapfile -t shell < <(git grep -lE '^#!/bin/(ba)?sh' -- . ':!*.md')
mapfile -t man < <(git ls-files '*.[1578]')

for file in "${code[@]}"; do
	clang-format --dry-run -Werror "$file" 2>/dev/null ||
		found "$file: clang-format would change it (make format)"
	lines=$(wc -l <"$file")
	[ "$lines" -le 800 ] || found "$file: $lines lines, more than 800"
done

# A tab is eight columns.
for file in "${code[@]}" "${shell[@]}"; do
	while read -r line; do
		found "$file:$line: more than 80 columns"
	done < <(expand "$file" | awk 'length > 80 { print NR }')
done

# only FOLDERS PATTERN WHAT: nobody else includes it.
only() {
	local file
	while read -r file; do
		case $file in
		tests/*) continue ;;
		esac
		grep -qE "^($1)" <<<"$file" || found "$file: includes $3"
	done < <(git grep -lE "^#include [<\"]$2" -- '*.c' '*.h')
}
only 'sip/|gateway/loop\.c' 'sofia-sip/' 'Sofia-SIP'
only 'sip/' 'sofia-sip/(nua|nta|sip|msg|tport|url)' \
	'more of Sofia-SIP than su_wait.h'
only 'dahdi/|exchange/' '(libpri|dahdi/user)\.h' 'libpri or DAHDI'
only 'media/|exchange/' 'spandsp' 'spandsp'
only 'gateway/cli/interactive\.c' '(histedit|editline)' 'libedit'
only 'media/' 'dahdi/tonezone' 'libtonezone'
only 'conf/hours\.c' 'g(lib|object|io)' 'GLib'
only 'gateway/|conf/|exchange/' '(call|gateway/call|gateway/gateway)\.h' \
	"the gateway's own headers"
for file in $(git grep -lE '^#include "dahdi/' -- 'sip/*'); do
	found "$file: sip/ includes dahdi/"
done
for file in $(git grep -lE '^#include "sip/' -- 'dahdi/*'); do
	found "$file: dahdi/ includes sip/"
done
for file in $(git grep -lE '^#include "(sip|conf)/' -- 'media/*'); do
	found "$file: media/ knows neither SIP nor configuration"
done

# What an operator reads is an event; log_line is an engineer's.
while read -r line; do
	found "$line: not log_event"
done < <(git grep -nE '\blog_line\(LOG_[IWNEC]|\blog_line\($' -- 'gateway/*.c' \
	'conf/*.c' 'dahdi/*.c' 'sip/*.c' 'media/*.c' | cut -d: -f1,2)

for file in "${man[@]}"; do
	while read -r line; do
		found "$line"
	done < <(mandoc -T lint -W warning "$file" 2>&1)
done

for file in "${shell[@]}"; do
	bash -n "$file" || found "$file: does not parse"
	[ -x "$file" ] || found "$file: is not executable"
done
if command -v shellcheck >/dev/null; then
	while read -r line; do
		found "$line"
	done < <(shellcheck -f gcc -x -e SC1091,SC2034,SC2153 "${shell[@]}")
fi

while read -r line; do
	found "$line: space at the end of a line"
done < <(git grep -InE '[[:space:]]+$' -- . ':!COPYING' \
	':!tests/scenario/torture' ':!tests/fuzz/corpus' |
	cut -d: -f1,2)

echo "${#code[@]} C files, ${#shell[@]} scripts, ${#man[@]} man pages:" \
	"$findings findings"
[ $findings -eq 0 ]
