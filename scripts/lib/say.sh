# shellcheck shell=bash
# How the scripts speak: steps on standard output, errors with what to type next on standard error.

say() { printf -- '-----> %s\n' "$*"; }
detail() { printf '       %s\n' "$*"; }
result() { printf '=====> %s\n' "$*"; }

# die MESSAGE [HINT…]
die() {
  printf ' !     %s\n' "$@" >&2
  exit 1
}
