# Shared by the scripts of this project; sourced, never run. Needs bash.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this
PG_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# clang-format and clang-tidy give different verdicts from version to version.
# This one is in Debian 12 and 13.
# shellcheck disable=SC2034 # likewise
PG_CLANG_TOOLS=19

# Debian keeps a few of the tools used here out of a plain user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  pg_bold=$'\033[1m' pg_plain=$'\033[0m'
else
  pg_bold='' pg_plain=''
fi

say() { printf '%s\n' "$*"; }
step() { printf '\n%s== %s%s\n' "$pg_bold" "$*" "$pg_plain"; }
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
  exit 1
}

# pg_version: what CMakeLists.txt says, which is where the version is kept.
pg_version() {
  sed -n 's/^project(portguard VERSION \([0-9.]*\).*/\1/p' "$PG_ROOT/CMakeLists.txt"
}

# pg_as_root COMMAND...: runs it as root, with sudo when needed.
pg_as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo: $*" "run it as root, then try again"
  fi
}

# pg_logged FILE COMMAND...: keeps the output in FILE; shows its end on failure.
pg_logged() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    printf 'error: failed with %s: %s\nhint: all of its output is in %s\n' \
      "$status" "$*" "$log" >&2
  fi
  return "$status"
}

# --- a network of one's own -------------------------------------------------

# pg_netns COMMAND...: a user who is not root becomes root of a user namespace for
# as long as it takes, then himself again.
pg_netns() {
  # Port 80 is for everybody there, since root may become a plain user again.
  # shellcheck disable=SC2016 # "$@" is the inner shell's
  local up='ip link set lo up || exit
    (echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start) 2>/dev/null
    exec "$@"'
  if [ "$(id -u)" -eq 0 ]; then
    unshare --net sh -c "$up" sh "$@"
  else
    unshare --user --map-root-user --net sh -c "$up" sh \
      unshare --user --map-user="$(id -u)" --map-group="$(id -g)" "$@"
  fi
}

# pg_in_netns COMMAND...: with an empty network that has only a loopback. Wine's
# HTTP.sys listens on every address, which is nobody's business outside. Where
# the system refuses, says so once and goes on without.
pg_in_netns() {
  if pg_netns true 2>/dev/null; then
    pg_netns "$@"
    return
  fi
  if [ -z "${PG_NETNS_TOLD:-}" ]; then
    say "note: this system refuses a private network (unshare --net), going on without" >&2
    export PG_NETNS_TOLD=1
  fi
  "$@"
}

# --- Wine -------------------------------------------------------------------

# The loader itself where it can be found: the launcher called `wine` remarks on
# a missing 32-bit Wine.
pg_wine_find() {
  local candidate
  for candidate in /usr/lib/wine/wine64 /usr/lib/wine/wine "$(command -v wine)"; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "Wine is not installed" "scripts/deps build"
}

# pg_wine PROGRAM...: runs a Windows program in the current prefix.
pg_wine() {
  : "${PG_WINE:=$(pg_wine_find)}"
  WINEDEBUG=${WINEDEBUG:--all} WINELOADER=${WINELOADER:-$PG_WINE} "$PG_WINE" "$@"
}

# pg_wine_prefix_make DIR: a fresh Windows 10 in DIR (absolute, must not exist),
# and makes it the current prefix. About ten seconds. Neither needs nor touches a
# display, a desktop menu or the network.
pg_wine_prefix_make() {
  local log
  log=$1.log
  [ ! -e "$1" ] || fail "the Wine prefix $1 exists already" "rm -r $1"
  mkdir -p "$(dirname "$1")"
  export WINEPREFIX=$1
  unset DISPLAY
  WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d" \
    pg_logged "$log" pg_wine wineboot --init || return
  pg_logged "$log" pg_wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f || return
  rm -f "$log"
}

# pg_wine_prefix_end DIR: ends every program of that prefix, and removes it.
pg_wine_prefix_end() {
  [ -d "$1" ] || return 0
  WINEPREFIX=$1 wineserver --kill 2>/dev/null || true
  WINEPREFIX=$1 wineserver --wait 2>/dev/null || true
  rm -rf "$1" "$1.log"
}
