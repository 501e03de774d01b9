# shellcheck shell=bash
# What a machine needs for a platform: each command with the Debian package that has it.

PLATFORM_PACKAGES=(redis-server=redis-server haproxy=haproxy ssh=openssh-client ssh-keygen=openssh-client
  iptables=iptables ip=iproute2 flock=util-linux)
# Only where no engine answers.
ENGINE_PACKAGES=(dockerd=docker.io docker=docker.io)
# Only where no registry answers.
BASE_IMAGE_PACKAGES=(mmdebstrap=mmdebstrap busybox=busybox-static
  /usr/share/keyrings/debian-archive-keyring.gpg=debian-archive-keyring)

# prepare_machine [PAIR…] : installs what is missing of a platform's packages, of more, and of the engine's.
prepare_machine() {
  local missing
  mapfile -t missing < <(
    packages_missing "${PLATFORM_PACKAGES[@]}" "$@"
    answering_socket >/dev/null || packages_missing "${ENGINE_PACKAGES[@]}"
  )
  install_packages "${missing[@]}"
  # Newer Debian has the client in a package of its own.
  command -v docker >/dev/null || install_packages docker-cli
  haproxy_is_new_enough || die "HAProxy 2.6 or newer is needed; this is $(haproxy -v | head -1)" \
    'install a newer one: https://haproxy.debian.net'
}

# prepare_base_images : installs what base images are made with.
prepare_base_images() {
  local missing
  mapfile -t missing < <(packages_missing "${BASE_IMAGE_PACKAGES[@]}")
  install_packages "${missing[@]}"
}

# The program of the npm package `node` is linked against them.
libraries_of_node_missing() {
  ldconfig -p | grep -q 'libatomic\.so\.1' || echo libatomic1
}

# Compose, where it is there in neither form. Ubuntu has the newer form under a name of its own.
compose_missing() {
  if docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1; then return; fi
  if apt-cache show docker-compose-v2 >/dev/null 2>&1; then
    echo /usr/libexec/docker/cli-plugins/docker-compose=docker-compose-v2
  else
    echo docker-compose=docker-compose
  fi
}
