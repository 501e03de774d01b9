# shellcheck shell=bash
# The checkout: its npm packages and the compiled parts. Reads SLUICE_CHECKOUT.

SLUICE_NODE=$SLUICE_CHECKOUT/node_modules/node/bin/node
# npm itself runs on the node that the machine has: it replaces the other one.
MACHINE_PATH=$PATH
export npm_config_update_notifier=false
export PATH="$SLUICE_CHECKOUT/node_modules/.bin:$PATH"

need_node() {
  local command
  for command in git node npm; do
    command -v "$command" >/dev/null || die "$command is not installed" 'apt-get install git nodejs npm'
  done
}

# npm_packages : `npm ci`, unless what is installed is what the lock file says. No install script of a package
# runs but the one that fetches the program of the package `node`: the others compile what the parts do without.
npm_packages() {
  if ! node "$SLUICE_CHECKOUT/scripts/lib/packages-are-current.mjs" "$SLUICE_CHECKOUT"; then
    say 'Installing the npm packages of package-lock.json (npm ci)'
    (cd "$SLUICE_CHECKOUT" && npm_quietly ci --ignore-scripts)
  fi
  if [[ ! -x $SLUICE_NODE ]]; then
    (cd "$SLUICE_CHECKOUT/node_modules/node" && NODE_DISABLE_COMPILE_CACHE=1 PATH=$MACHINE_PATH node installArchSpecificPackage >/dev/null 2>&1) ||
      die "the program of the npm package node could not be fetched" "npm rebuild node"
    # npm links a program only if it is there when the package is unpacked.
    ln -sf ../node/bin/node "$SLUICE_CHECKOUT/node_modules/.bin/node"
  fi
}

# npm would leave a cache of its own compiled code in /tmp.
machine_npm() { NODE_DISABLE_COMPILE_CACHE=1 PATH=$MACHINE_PATH npm "$@"; }

npm_quietly() {
  local log status=0
  log=$(mktemp)
  machine_npm "$@" --no-audit --no-fund </dev/null >"$log" 2>&1 || status=$?
  ((status == 0)) || tail -n 30 "$log" >&2
  rm -f "$log"
  return "$status"
}

compile() {
  "$SLUICE_NODE" "$SLUICE_CHECKOUT/scripts/build.mjs" ||
    die 'the TypeScript sources do not compile' 'npm run typecheck'
}
