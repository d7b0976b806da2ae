#!/bin/bash
# takes 3 s
# What install puts there runs, and uninstall removes exactly that.
. "$(dirname "$0")/common.sh"
build=$(realpath --relative-to=. "$BUILD")
quiet() { "$@" >"$DIR/said.log" 2>&1 || fail "$*"; }
quiet make install BUILD="$build" DESTDIR="$DIR/root" PREFIX=/usr
[ -x "$DIR/root/usr/sbin/tollgated" ] || fail 'no tollgated'
"$DIR/root/usr/bin/tollgate-exchange" --help | grep -q 14CCC ||
	fail '--help lists no test numbers'
sample=$DIR/root/etc/tollgate/tollgate.conf.sample
"$DIR/root/usr/sbin/tollgated" --check "$sample" || fail 'the sample is wrong'
for page in man8/tollgated.8 man1/tollgate.1 man1/tollgate-exchange.1 \
	man5/tollgate.conf.5; do
	[ -s "$DIR/root/usr/share/man/$page" ] || fail "no $page"
done
# What --help offers the synopsis has.
for name in bin/tollgate-exchange:1 bin/tollgate:1 sbin/tollgated:8; do
	page=${name##*/}
	page=$DIR/root/usr/share/man/man${page#*:}/${page/:/.}
	synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$page")
	for option in $("$DIR/root/usr/${name%:*}" --help |
		sed -n '/^Commands/q; s/^  --\([a-z]*\) .*/\1/p'); do
		grep -q "Fl -$option\>" <<<"$synopsis" ||
			fail "${page##*/}: SYNOPSIS lacks --$option"
	done
done
touch "$DIR/root/etc/tollgate/tollgate.conf" # the operator's own
quiet make uninstall BUILD="$build" DESTDIR="$DIR/root" PREFIX=/usr
left=$(cd "$DIR/root" && find . -type f)
[ "$left" = ./etc/tollgate/tollgate.conf ] || fail "left behind: $left"
