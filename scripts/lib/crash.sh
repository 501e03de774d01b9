# shellcheck shell=bash
# The kill matrix: what it needs of the machine, and the namespaces that it runs in.

# Beside what the other tests need. `unshare` is in util-linux, which every system has.
CRASH_PACKAGES=(dockerd=docker.io redis-cli=redis-tools)

# may_crash : whether this system lets us have network and mount namespaces and an engine of our own.
may_crash() { ((EUID == 0)) && [[ $(uname) == Linux ]] && command -v unshare >/dev/null; }

NO_CRASH='the kill matrix is left out: it needs root on Linux, for namespaces and a Docker engine of its own (sudo ./scripts/test --crash)'

# prepare_crash : installs what is missing.
prepare_crash() {
  local missing
  mapfile -t missing < <(
    packages_missing "${CRASH_PACKAGES[@]}"
    compgen -G '/usr/lib*/*/faketime/libfaketimeMT.so.1' >/dev/null ||
      compgen -G '/usr/lib*/faketime/libfaketimeMT.so.1' >/dev/null || echo libfaketime
  )
  install_packages "${missing[@]}"
}

# crash_settings DEFAULT_SEED DEFAULT_RUNS : what was not said on the command line.
crash_settings() {
  export SLUICE_CRASH_SEED=${SLUICE_CRASH_SEED:-$1} SLUICE_CRASH_RUNS=${SLUICE_CRASH_RUNS:-$2}
  # Not below the TMPDIR of the tests, which goes with them.
  export SLUICE_CRASH_KEEP=${SLUICE_CRASH_KEEP:-${TMPDIR:-/tmp}}
}

# crash_seconds : the longest that the runs may take together. One takes about ten seconds, one that fails four minutes.
crash_seconds() { echo $((900 + SLUICE_CRASH_RUNS * 60)); }
