# shellcheck shell=bash
# What every script starts with: where the checkout is, and the files beside this one.

SLUICE_CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
export SLUICE_CHECKOUT
export PATH="$PATH:/usr/sbin:/sbin"

for file in say process packages machine checkout docker-engine base-images build-image platform; do
  # shellcheck source=/dev/null
  . "$SLUICE_CHECKOUT/scripts/lib/$file.sh"
done
