# shellcheck shell=bash
# Packages of the operating system: says what is missing, installs it where apt and root are there.

# packages_missing COMMAND=PACKAGE… : prints the packages whose command (or file, from the root) is not there.
packages_missing() {
  local pair
  for pair; do
    if [[ $pair == /* ]]; then
      [[ -e ${pair%%=*} ]] || echo "${pair#*=}"
    else
      PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null 2>&1 || echo "${pair#*=}"
    fi
  done | sort -u
}

# install_packages PACKAGE… : by apt, without starting any service. Ends the script where it may not.
install_packages() {
  (($#)) || return 0
  if ! command -v apt-get >/dev/null; then
    die "needed and not installed: $*" \
      'install these with the package manager of this system, then run this again (names are those of Debian)'
  fi
  ((EUID == 0)) || die "needed and not installed: $*" "sudo apt-get install --no-install-recommends $*"
  say "Installing by apt (they stay): $*"
  local policy=/usr/sbin/policy-rc.d made_policy='' status=0
  if [[ ! -e $policy ]]; then
    # Debian starts a package's service as it is installed; ours run with settings of their own.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=yes
  fi
  apt_get_update && apt_get install --no-install-recommends "$@" || status=$?
  [[ -z $made_policy ]] || rm -f "$policy"
  ((status == 0)) || die 'apt could not install them' "apt-get update && apt-get install --no-install-recommends $*"
  if [[ -d /run/systemd/system ]]; then
    local pair
    for pair in docker.service=docker.io docker.socket=docker.io redis-server.service=redis-server \
      haproxy.service=haproxy containerd.service=containerd etcd.service=etcd-server \
      docker-registry.service=docker-registry; do
      case " $* " in
        *" ${pair#*=} "*) systemctl disable --quiet "${pair%%=*}" 2>/dev/null || true ;;
      esac
    done
  fi
}

# Once is enough for a run.
apt_get_update() {
  [[ -z ${APT_IS_CURRENT:-} ]] || return 0
  apt_get update && APT_IS_CURRENT=yes
}

# Only when it fails do people want to read what apt says.
apt_get() {
  local log status=0
  log=$(mktemp)
  DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet -o DPkg::Lock::Timeout=120 \
    -o Dpkg::Options::=--force-unsafe-io -o APT::Keep-Downloaded-Packages=false "$@" </dev/null >"$log" 2>&1 || status=$?
  ((status == 0)) || tail -n 20 "$log" >&2
  rm -f "$log"
  return "$status"
}

# haproxy_is_new_enough : 2.6 brought what the router needs.
haproxy_is_new_enough() {
  local version major minor
  version=$(PATH=$PATH:/usr/sbin haproxy -v | sed -nE '1s/.*version ([0-9]+)\.([0-9]+).*/\1 \2/p')
  read -r major minor <<<"${version:-0 0}"
  ((major > 2 || (major == 2 && minor >= 6)))
}
