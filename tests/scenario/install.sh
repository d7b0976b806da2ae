#!/bin/bash
# takes 3 s
# not on DAHDI: it would build all, slowly, and has no span
# What install puts there runs, and uninstall removes exactly that.
. "$(dirname "$0")/common.sh"
build=$(realpath --relative-to=. "$BUILD")
quiet() { "$@" >"$DIR/said.log" 2>&1 || fail "$*"; }
quiet make install BUILD="$build" DESTDIR="$DIR/root" PREFIX=/usr
[ -x "$DIR/root/usr/sbin/tollgated" ] || fail 'no tollgated'
"$DIR/root/usr/bin/tollgate-exchange" --help | holds 14CCC ||
	fail '--help lists no test numbers'
for sample in tollgate.conf card.conf; do
	"$DIR/root/usr/sbin/tollgated" --check \
		"$DIR/root/etc/tollgate/$sample.sample" ||
		fail "the sample $sample is wrong"
done
for example in german-e1 uk-e1 us-t1 pbx-insertion; do
	"$DIR/root/usr/sbin/tollgated" --check \
		"$DIR/root/usr/share/tollgate/example-$example.conf" ||
		fail "the example $example is wrong"
done
# As its first lines say.
mkdir "$DIR/copy"
cp "$DIR/root/usr/share/tollgate/example-uk-e1.conf" "$DIR/copy/tollgate.conf"
cp -r "$DIR/root/usr/share/tollgate/classes" "$DIR/copy/"
"$DIR/root/usr/bin/tollgate" check "$DIR/copy/tollgate.conf" |
	grep -q 'tests that pass: [1-9]' || fail 'the copy is not checked'
for file in etc/logrotate.d/tollgate usr/lib/sysusers.d/tollgate.conf \
	usr/share/bash-completion/completions/tollgate \
	usr/share/zsh/vendor-completions/_tollgate \
	usr/lib/systemd/system/tollgate.service \
	usr/lib/udev/rules.d/61-tollgate-dahdi.rules; do
	[ -s "$DIR/root/$file" ] || fail "no $file"
done
script=$DIR/root/etc/init.d/tollgate
[ -x "$script" ] || fail 'no init script'
sh -n "$script" || fail 'the init script does not parse'
for page in man8/tollgated.8 man1/tollgate.1 man1/tollgate-exchange.1 \
	man5/tollgate.conf.5 man7/tollgate-numbering.7 \
	man7/tollgate-events.7; do
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
# Elsewhere, the unit and the script name what is there.
quiet make install BUILD="$build" PREFIX="$DIR/local" SYSCONFDIR="$DIR/etc"
unit=$DIR/local/lib/systemd/system/tollgate.service
for name in "$unit" "$DIR/etc/init.d/tollgate"; do
	grep -q "$DIR/local/sbin/tollgated" "$name" || fail "$name: no program"
	grep -q "$DIR/etc/tollgate/tollgate.conf" "$name" ||
		fail "$name: no file"
	! grep -E '/usr/sbin/tollgated|[^c]/etc/tollgate' "$name" |
		grep -v "$DIR" || fail "$name: names another place"
done
# No user and no host is needed for these two.
if command -v systemd-analyze >/dev/null; then
	quiet systemd-analyze verify --man=no "$unit"
	[ ! -s "$DIR/said.log" ] || fail 'systemd-analyze verify'
	systemd-analyze security --offline=true --threshold=20 "$unit" \
		>"$DIR/said.log" 2>&1 || fail 'exposure is more than 2.0'
	tail -n 1 "$DIR/said.log"
else
	echo 'not verified: no systemd-analyze here (package systemd)'
fi
quiet make uninstall BUILD="$build" PREFIX="$DIR/local" SYSCONFDIR="$DIR/etc"
[ -z "$(find "$DIR/local" "$DIR/etc" -type f)" ] || fail 'left behind'
touch "$DIR/root/etc/tollgate/tollgate.conf" # the operator's own
quiet make uninstall BUILD="$build" DESTDIR="$DIR/root" PREFIX=/usr
left=$(cd "$DIR/root" && find . -type f)
[ "$left" = ./etc/tollgate/tollgate.conf ] || fail "left behind: $left"
