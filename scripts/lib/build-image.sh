# shellcheck shell=bash
# Images by whatever Docker client there is.

# build_image ARGUMENT… : by BuildKit where a client can, as it makes only the stages that are needed. Clients from 23 on
# need buildx for it, and those before have it built in.
build_image() {
  local client
  while read -r client; do
    if "$client" buildx version >/dev/null 2>&1 || [[ $("$client" --version) =~ version\ (19|20)\. ]]; then
      DOCKER_BUILDKIT=1 "$client" build --quiet "$@" >/dev/null
      return
    fi
  done < <(type -ap docker)
  DOCKER_BUILDKIT=0 docker build --quiet "$@" >/dev/null
}
