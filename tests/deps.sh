#!/bin/sh
# deps.sh check|install PACKAGE... : says which Debian packages are missing, or
# installs them as root or through sudo, naming them first.
set -eu
mode=$1
shift

# Elsewhere the compiler says what is missing, with less grace.
command -v dpkg-query >/dev/null || {
	[ "$mode" = check ] && exit 0
	echo "This is no Debian. Install the equivalents of: $*" >&2
	exit 1
}
installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
	2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ')"
missing=
for package in "$@"; do
	case $installed in
	*" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ "$mode" = check ]; then
	echo "These Debian packages are missing:$missing" >&2
	echo "Run 'make deps' to install them." >&2
	exit 1
fi

echo "Installing the Debian packages that are missing:$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "Not root and no sudo here. As root:" \
			"apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null
}
# shellcheck disable=SC2015,SC2086 # a list of names, and both may fail
apt update && apt install -y --no-install-recommends $missing || {
	echo "apt-get failed. By hand, as root: apt-get install$missing" >&2
	exit 1
}
