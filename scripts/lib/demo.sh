# shellcheck shell=bash
# The demo: a platform in .sluice/ of the checkout with examples/hello-node pushed to it.
# Reads STATE (.sluice), SLUICE_CACHE and SLUICE_ADDED_IMAGES.

demo_up() {
  local began=$SECONDS
  mkdir -p "$SLUICE_CACHE"
  need_node
  demo_begins_what_takes_long
  prepare_machine
  docker_engine "$STATE/engine" "$SLUICE_CHECKOUT"
  finish npm
  compile
  finish rootfs
  base_images node:26-slim
  say 'Starting the platform: Redis, server, SSH front, router with HAProxy, builder'
  platform_up "$STATE/data"
  demo_key
  demo_environment
  demo_repository
  demo_setup
  demo_push
  demo_shows_the_answer
  demo_says_what_is_next $((SECONDS - began))
}

# in_background NAME COMMAND… : its output comes when it is finished.
in_background() {
  local name=$1
  shift
  "$@" >"$STATE/$name.out" 2>&1 &
  BACKGROUND[$name]=$!
}
declare -A BACKGROUND=()

finish() {
  local status=0
  [[ -n ${BACKGROUND[$1]:-} ]] || return 0
  wait "${BACKGROUND[$1]}" || status=$?
  cat "$STATE/$1.out"
  rm -f "$STATE/$1.out"
  unset "BACKGROUND[$1]"
  ((status == 0)) || exit "$status"
}

# npm ci, and the Debian root where no registry answers, run beside the installation of the rest.
demo_begins_what_takes_long() {
  local missing make_rootfs=''
  if will_be_made node:26-slim; then make_rootfs=yes; fi
  mapfile -t missing < <(
    libraries_of_node_missing
    [[ -z $make_rootfs ]] || packages_missing "${BASE_IMAGE_PACKAGES[@]}"
  )
  install_packages "${missing[@]}"
  in_background npm npm_packages
  [[ -z $make_rootfs ]] || in_background rootfs base_rootfs
}

demo_key() {
  mkdir -p "$STATE/demo/bin"
  [[ -f $STATE/demo/id_ed25519 ]] || ssh-keygen -q -t ed25519 -N '' -C "$(id -un)@sluice-demo" -f "$STATE/demo/id_ed25519"
  # The host key is at hand, so nothing has to be trusted at first sight.
  printf '[localhost]:%s %s\n' "$SLUICE_SSH_PORT" "$(ssh-keygen -y -f "$STATE/data/ssh_host_ed25519_key")" \
    >"$STATE/demo/known_hosts"
}

# A file to source, and a `sluice` that keeps its own files in the demo's folder.
demo_environment() {
  cat >"$STATE/demo/bin/sluice" <<END
#!/bin/sh
export XDG_CONFIG_HOME='$STATE/demo/config' XDG_CACHE_HOME='$STATE/demo/cache'
exec '$SLUICE_CHECKOUT/scripts/sluice' "\$@"
END
  chmod 755 "$STATE/demo/bin/sluice"
  cat >"$STATE/demo/ssh" <<END
#!/bin/sh
exec ssh -F /dev/null -i '$STATE/demo/id_ed25519' -o IdentitiesOnly=yes -o UserKnownHostsFile='$STATE/demo/known_hosts' -o StrictHostKeyChecking=yes "\$@"
END
  chmod 755 "$STATE/demo/ssh"
  cat >"$STATE/demo/env" <<END
# To be sourced: git and sluice of this shell go to the demo, with the demo's key.
export PATH='$STATE/demo/bin':"\$PATH"
export GIT_SSH='$STATE/demo/ssh' GIT_SSH_VARIANT=ssh
export SLUICE_SSH='$STATE/demo/ssh'
export SLUICE_HOST='ssh://sluice@localhost:$SLUICE_SSH_PORT'
END
  # shellcheck source=/dev/null
  . "$STATE/demo/env"
}

demo_setup() {
  if [[ ! -f $STATE/demo/is-set-up ]]; then
    say 'Making the first admin, with the key of the demo'
    SLUICE_DATA_DIR=$STATE/data sluice setup --person demo --key "$STATE/demo/id_ed25519.pub" >/dev/null
    touch "$STATE/demo/is-set-up"
  fi
  if ! sluice apps:info -a hello >/dev/null 2>&1; then
    say 'sluice apps:create hello'
    (cd "$STATE/demo/hello" && sluice apps:create hello)
  elif ! git -C "$STATE/demo/hello" remote get-url platform >/dev/null 2>&1; then
    (cd "$STATE/demo/hello" && sluice git:remote -a hello)
  fi
}

# A copy of the example as a repository of its own.
demo_repository() {
  local repository=$STATE/demo/hello
  [[ -d $repository/.git ]] && return
  cp -R "$SLUICE_CHECKOUT/examples/hello-node/." "$repository"
  rm -rf "$repository/node_modules"
  git -C "$repository" init --quiet --initial-branch=main
  git -C "$repository" config user.name "$(git config user.name || echo Demo)"
  git -C "$repository" config user.email "$(git config user.email || echo demo@localhost)"
  git -C "$repository" add --all
  git -C "$repository" commit --quiet --message 'Hello'
}

demo_push() {
  say "git push platform main (in $STATE/demo/hello)"
  git -C "$STATE/demo/hello" push platform main
}

demo_shows_the_answer() {
  URL=http://hello.${SLUICE_DOMAIN:-localhost}:$SLUICE_HTTP_PORT/
  say "GET $URL"
  "$SLUICE_NODE" "$SLUICE_CHECKOUT/scripts/lib/get.mjs" "$SLUICE_HTTP_PORT" "hello.${SLUICE_DOMAIN:-localhost}" ||
    die 'the app does not answer' "its log: . $STATE/demo/env; sluice logs -a hello"
}

demo_says_what_is_next() {
  local here
  here=$(realpath --relative-to="$PWD" "$STATE/demo")
  result "hello is live at $URL (after $1 s)"
  cat <<END

Now you:
  . $here/env             # this shell's git and sluice use the demo's key
  cd $here/hello
  # change src/app.js (and its test), then
  git commit -am 'My change' && git push platform main
  curl $URL

Look around (in that folder):
  sluice builds           sluice releases         sluice logs --tail
  sluice ps               sluice rollback         sluice --help

Take it away again:
  ./scripts/demo --down
END
}

# demo_down [--keep-data]
demo_down() {
  local image
  if [[ ! -d $STATE ]]; then
    result 'there is no demo'
    return
  fi
  find_engine_of_demo "${1:-}"
  say 'Stopping the platform'
  platform_down "$STATE/data"
  if [[ ${1:-} == --keep-data ]]; then
    leave_docker_engine "$STATE/engine" "$SLUICE_CHECKOUT"
    result 'the demo is stopped; ./scripts/demo starts it again'
    return
  fi
  if [[ -n ${SLUICE_DOCKER_SOCKET:-} ]]; then
    platform_purge "$STATE/data"
    if [[ -f $SLUICE_ADDED_IMAGES ]]; then
      # Without force: an image that something else uses by now stays.
      while read -r image; do docker image rm "$image" >/dev/null 2>&1 || true; done < <(tac "$SLUICE_ADDED_IMAGES")
    fi
  fi
  leave_docker_engine "$STATE/engine" "$SLUICE_CHECKOUT"
  rm -rf "$STATE"
  result 'the demo is gone; node_modules and dist stay in the checkout, installed system packages stay'
}

# To take the apps away their engine is needed, if only for that.
find_engine_of_demo() {
  local socket
  if socket=$(answering_socket); then
    use_socket "$socket"
  elif [[ -d $STATE/engine/data && ${1:-} != --keep-data ]]; then
    docker_engine "$STATE/engine" "$SLUICE_CHECKOUT"
  fi
}
