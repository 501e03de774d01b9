# shellcheck shell=bash
# What the platform runs in the cluster: its own images, of this checkout's Dockerfile, and a BuildKit without root. All
# are named by what they are made of, so that nobody gets another's, and made only where the registry lacks them.

# platform_images : afterwards the registry has them; prints their names as settings.
platform_images() {
  local names=(buildkit platform router redis registry) name image missing=()
  registry_answers || die "no registry answers at http://$REGISTRY_ADDRESS/v2/" "./scripts/cluster up, or name yours with --registry"
  for name in "${names[@]}"; do
    image_is_there "$name" || missing+=("$name")
  done
  if ((${#missing[@]})); then make_platform_images "${missing[@]}" >&2; fi
  for name in "${names[@]}"; do
    image=$REGISTRY_ADDRESS/$(platform_image "$name")
    echo "SLUICE_CLUSTER_${name^^}_IMAGE=$image"
  done
}

# cluster_settings : the same, and all else by which tests and benchmarks find the cluster of this machine.
cluster_settings() {
  echo "SLUICE_CLUSTER_KUBECONFIG=$(cluster_kubeconfig)"
  echo "SLUICE_CLUSTER_REGISTRY=$REGISTRY_ADDRESS"
  echo "SLUICE_CLUSTER_AUDIT_LOG=$CLUSTER/logs/audit.log"
  local program
  for program in kubectl helm buildctl; do
    echo "SLUICE_CLUSTER_${program^^}=$CLUSTER/bin/$program"
  done
  platform_images
}

# platform_image NAME : in the registry.
platform_image() { echo "sluice/$1:$(platform_image_key "$1")"; }

platform_image_key() {
  case $1 in
    buildkit) cat "$SLUICE_CHECKOUT/scripts/lib/cluster/buildkit.Dockerfile" <(echo "$BUILDKIT_VERSION") ;;
    # One tag for all that the chart installs.
    platform | router | redis | registry)
      (
        cd "$SLUICE_CHECKOUT" || exit
        find Dockerfile package.json package-lock.json tsconfig.json tsconfig.build.json scripts/build.mjs \
          scripts/lib/part-is-ready.sh scripts/lib/supervise.sh core engines router server builder cli -type f -print0 | sort -z | xargs -0 sha256sum
      )
      ;;
  esac | sha256sum | cut -c1-16
}

image_is_there() {
  curl --silent --fail --max-time 5 --output /dev/null --head \
    --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://$REGISTRY_ADDRESS/v2/sluice/$1/manifests/$(platform_image_key "$1")"
}

# make_buildkit_image NAME : of the programs of this machine's cache.
make_buildkit_image() (
  context=$(mktemp -d "$CLUSTER_CACHE/buildkit.XXXXXX")
  trap 'rm -rf "$context"' EXIT
  cp "$SLUICE_CHECKOUT/scripts/lib/cluster/buildkit.Dockerfile" "$context/Dockerfile"
  cp "$(program buildkitd)" "$context/buildkitd"
  cp "$(program buildctl)" "$context/buildctl"
  build_image --tag "$1" "$context"
)

# make_platform_images NAME… : by a Docker engine, which only this needs.
make_platform_images() {
  # Not the shell that this one may be a part of, which may use the engine for longer.
  local name image own user="test $BASHPID"
  need_node
  prepare_machine
  docker_engine "$SLUICE_CACHE/engine" "$user"
  npm_packages
  base_images debian:bookworm-slim node:26-slim
  for name; do
    image=$(platform_image "$name")
    # Somebody else may make the same one now, and take it away when it is pushed.
    own=sluice/$name:made-by-$$
    say "Making the image $image (usually a minute the first time, 15 seconds after a change)"
    case $name in
      buildkit) make_buildkit_image "$own" ;;
      *) build_image --target "$name" --tag "$own" "$SLUICE_CHECKOUT" ;;
    esac
    skopeo copy --quiet --src-daemon-host "$DOCKER_HOST" --dest-tls-verify=false "docker-daemon:$own" "docker://$REGISTRY_ADDRESS/$image" </dev/null
    # The engine's cache keeps what the next one has in common with it.
    docker rmi --no-prune "$own" >/dev/null
  done
  leave_docker_engine "$SLUICE_CACHE/engine" "$user"
}
