# shellcheck shell=bash
# Base images for machines that no image registry answers: made of Debian's own packages, under the names
# that people write in a Dockerfile. Where the registry answers, they are pulled.
#
# Reads SLUICE_CACHE (folder for what is made once) and SLUICE_CHECKOUT (where node_modules is).
# Appends what it adds to the engine to SLUICE_ADDED_IMAGES, when that names a file.

NPM_VERSION=11.19.1
REGISTRY_ANSWERS=${REGISTRY_ANSWERS:-unknown}

# base_images NAME… : afterwards the engine has each of them.
base_images() {
  local name
  mkdir -p "$SLUICE_CACHE"
  for name; do
    docker image inspect "$name" >/dev/null 2>&1 && continue
    will_be_made "$name" || true
    (
      # Two runs side by side would each make the same image.
      flock 9
      docker image inspect "$name" >/dev/null 2>&1 && exit 0
      if pull_base_image "$name" || make_base_image "$name"; then
        if [[ -n ${SLUICE_ADDED_IMAGES:-} ]]; then echo "$name" >>"$SLUICE_ADDED_IMAGES"; fi
      else
        die "base image $name: neither pulled nor made" 'what went wrong is above'
      fi
    ) 9>"$SLUICE_CACHE/base-images.lock"
  done
}

# will_be_made IMAGE : whether no engine here has it and no registry gives it. Asked once, for 5 s at most.
will_be_made() {
  docker image inspect "$1" >/dev/null 2>&1 && return 1
  if [[ $REGISTRY_ANSWERS == unknown ]]; then
    REGISTRY_ANSWERS=no
    if a_registry_answers "$1"; then REGISTRY_ANSWERS=yes; fi
    export REGISTRY_ANSWERS
  fi
  [[ $REGISTRY_ANSWERS == no ]]
}

# An engine may know a mirror; without one only the usual registry can be asked.
a_registry_answers() {
  if answering_socket >/dev/null; then
    pull_within 5 "$1" probe
  else
    node "$SLUICE_CHECKOUT/scripts/lib/registry-answers.mjs" 5
  fi
}

pull_base_image() {
  [[ $REGISTRY_ANSWERS == no ]] && return 1
  pull_within 5 "$1"
}

# pull_within SECONDS IMAGE [probe] : pulls; gives up when the registry has not named the image's layers in time.
# A download that has begun may take as long as it needs. `probe` stops as soon as the registry has answered.
pull_within() {
  local log pull deadline=$((SECONDS + $1)) answered=no
  log=$(mktemp)
  docker pull "$2" >"$log" 2>&1 &
  pull=$!
  while kill -0 "$pull" 2>/dev/null && ((SECONDS < deadline)); do
    if grep -q 'Pulling from' "$log"; then
      answered=yes
      break
    fi
    sleep 0.1
  done
  if grep -q 'Pulling from' "$log"; then answered=yes; fi
  if [[ $answered == no || ${3:-} == probe ]]; then kill "$pull" 2>/dev/null || true; fi
  local status=0
  wait "$pull" || status=$?
  rm -f "$log"
  if [[ ${3:-} == probe ]]; then [[ $answered == yes ]]; else ((status == 0)); fi
}

make_base_image() {
  prepare_base_images
  say "No registry gives $1; making it of Debian's packages"
  case $1 in
    debian:bookworm-slim) make_debian ;;
    node:26-slim) make_node ;;
    python:3.11-slim) make_python ;;
    busybox:1) make_busybox ;;
    *) die "base image $1 cannot be made here" 'give the engine a registry that has it' ;;
  esac
}

rootfs_tar() { echo "$SLUICE_CACHE/debian-bookworm-$(dpkg --print-architecture).tar"; }

# base_rootfs : makes the Debian root file system once; needs no engine, so it can run beside other work.
base_rootfs() {
  local tar options=()
  tar=$(rootfs_tar)
  mkdir -p "$SLUICE_CACHE"
  (
    flock 8
    [[ -s $tar ]] && exit 0
    if has_extra_certificates; then
      # shellcheck disable=SC2016 # "$1" is mmdebstrap's: the new root
      options+=(--customize-hook='cp -a /usr/local/share/ca-certificates "$1/usr/local/share/"'
        --customize-hook='chroot "$1" update-ca-certificates >/dev/null 2>&1')
    fi
    apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' >"$tar.apt" || true
    echo 'Acquire::Retries "3";' >>"$tar.apt"
    # Its callers ask whether they succeed, so that the shell does not stop here by itself. Without our locks, as it names one
    # of its own descriptors to dash, which knows those of one digit only.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,libatomic1 \
      --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      --aptopt="$tar.apt" "${options[@]}" bookworm "$tar.part.tar" ${SLUICE_DEBIAN_MIRROR:+"$SLUICE_DEBIAN_MIRROR"} \
      6>&- 7>&- 8>&- 9>&- || exit
    mv "$tar.part.tar" "$tar"
    rm -f "$tar.apt"
  ) 8>"$SLUICE_CACHE/rootfs.lock"
}

has_extra_certificates() { compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; }

make_debian() {
  base_rootfs || return
  docker import --change 'CMD ["bash"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$(rootfs_tar)" debian:bookworm-slim >/dev/null
}

need_debian() {
  docker image inspect debian:bookworm-slim >/dev/null 2>&1 && return
  make_debian || return
  if [[ -n ${SLUICE_ADDED_IMAGES:-} ]]; then echo debian:bookworm-slim >>"$SLUICE_ADDED_IMAGES"; fi
}

# commit_base IMAGE SCRIPT CHANGE… : runs SCRIPT on debian:bookworm-slim with our standard input, keeps the result.
commit_base() {
  local image=$1 script=$2 container changes=() change status=0
  shift 2
  for change; do changes+=(--change "$change"); done
  container=$(docker create --interactive debian:bookworm-slim sh -euc "$script")
  if docker start --attach --interactive "$container"; then
    docker commit "${changes[@]}" "$container" "$image" >/dev/null || status=$?
  else
    status=1
  fi
  docker rm --force "$container" >/dev/null
  return "$status"
}

# The `node` package of npm holds the same program as the official image.
make_node() (
  modules=$SLUICE_CHECKOUT/node_modules changes=('CMD ["node"]')
  need_debian || exit
  stage=$(mktemp -d "$SLUICE_CACHE/node.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage"/usr/local/{bin,lib/node_modules,etc}
  cp --reflink=auto "$modules/node/bin/node" "$stage/usr/local/bin/node"
  (cd "$stage" && machine_npm pack --silent "npm@$NPM_VERSION" >/dev/null && tar -xzf npm-*.tgz && rm npm-*.tgz) || exit
  mv "$stage/package" "$stage/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$stage/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$stage/usr/local/bin/npx"
  ln -s node "$stage/usr/local/bin/nodejs"
  registry=$(machine_npm config get registry 2>/dev/null || true)
  # A machine with a registry of its own needs it inside builds too; one with a password in it stays here.
  if [[ $registry == http* && $registry != *@* && $registry != "$(npms_own_registry)" ]]; then
    echo "registry=$registry" >"$stage/usr/local/etc/npmrc"
  fi
  if has_extra_certificates; then changes+=('ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'); fi
  tar -C "$stage" --owner=0 --group=0 -c usr | commit_base node:26-slim \
    'tar -xC /; groupadd --gid 1000 node; useradd --uid 1000 --gid node --shell /bin/bash --create-home node' \
    "${changes[@]}"
)

make_python() {
  need_debian || return
  # shellcheck disable=SC2016 # expands in the container
  commit_base python:3.11-slim '
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends -o Dpkg::Options::=--force-unsafe-io \
      python3 python3-pip >/dev/null
    rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
    ln -s /usr/bin/python3 /usr/local/bin/python
    rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*' 'CMD ["python3"]' </dev/null
}

make_busybox() (
  stage=$(mktemp -d "$SLUICE_CACHE/busybox.XXXXXX")
  trap 'rm -rf "$stage"' EXIT
  mkdir -p "$stage"/{bin,etc,root,tmp,home,var/www,usr/sbin,usr/bin}
  chmod 1777 "$stage/tmp"
  cp "$(command -v busybox)" "$stage/bin/busybox"
  "$stage/bin/busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$stage/bin/$applet"
  done
  printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534:nobody:/home:/bin/false \
    www-data:x:33:33:www-data:/var/www:/bin/false >"$stage/etc/passwd"
  printf '%s\n' root:x:0: nogroup:x:65534: www-data:x:33: >"$stage/etc/group"
  echo 'root:*:::::::' >"$stage/etc/shadow"
  tar -C "$stage" --owner=0 --group=0 -c . | docker import --change 'CMD ["sh"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - busybox:1 >/dev/null
)

# What npm uses when nobody has set anything.
npms_own_registry() {
  env -u npm_config_registry NODE_DISABLE_COMPILE_CACHE=1 PATH="$MACHINE_PATH" npm config get registry --userconfig=/dev/null --globalconfig=/nonexistent 2>/dev/null
}
