# shellcheck shell=bash
# Images: the base images that people write in a Dockerfile go to the registry of the cluster, which the nodes ask first
# for Docker Hub's names. What the cluster itself runs is put into each node.

CLUSTER_BASE_IMAGES=(busybox:1 debian:bookworm-slim node:26-slim python:3.11-slim)

# registry_mirrors : how the nodes' containerd reaches registries. A name that the mirror lacks goes to its own registry.
registry_mirrors() {
  local folder=$CLUSTER/registries
  mkdir -p "$folder/docker.io" "$folder/$REGISTRY_ADDRESS"
  printf '[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' "$REGISTRY_ADDRESS" >"$folder/docker.io/hosts.toml"
  printf '[host."http://%s"]\n  capabilities = ["pull", "resolve", "push"]\n' "$REGISTRY_ADDRESS" \
    >"$folder/$REGISTRY_ADDRESS/hosts.toml"
}

# What the registry holds when a cluster is new is made once, and copied.
first_images() { echo "$CLUSTER_CACHE/images-$(printf '%s\n' "${CLUSTER_BASE_IMAGES[@]}" | cksum | cut -d' ' -f1)"; }

saved_image() { echo "$CLUSTER_CACHE/building/${1//[:\/]/_}.tar"; }

# save_base_images : pulls or makes them by a Docker engine, which only this needs.
save_base_images() {
  local image
  [[ ! -d $(first_images) ]] || return 0
  need_node
  prepare_machine
  docker_engine "$SLUICE_CACHE/engine" "test $$"
  npm_packages
  base_images "${CLUSTER_BASE_IMAGES[@]}"
  mkdir -p "$CLUSTER_CACHE/building"
  for image in "${CLUSTER_BASE_IMAGES[@]}"; do docker save --output "$(saved_image "$image")" "$image"; done
  leave_docker_engine "$SLUICE_CACHE/engine" "test $$"
}

# registry_folder_up : before the registry starts.
registry_folder_up() {
  [[ ! -d $CLUSTER/registry ]] || return 0
  rm -rf "$CLUSTER/registry.part"
  mkdir "$CLUSTER/registry.part"
  if [[ -d $(first_images) ]]; then cp -a --reflink=auto "$(first_images)/." "$CLUSTER/registry.part"; fi
  mv "$CLUSTER/registry.part" "$CLUSTER/registry"
}

registry_answers() { curl --silent --fail --max-time 5 "http://$REGISTRY_ADDRESS/v2/" >/dev/null; }

push_base_images() {
  local image
  wait_for 30 'the registry' registry registry_answers
  [[ ! -d $(first_images) ]] || return 0
  say "Putting ${CLUSTER_BASE_IMAGES[*]} into the registry, once (usually 15 seconds)"
  for image in "${CLUSTER_BASE_IMAGES[@]}"; do
    skopeo copy --quiet --dest-tls-verify=false "docker-archive:$(saved_image "$image")" \
      "docker://$REGISTRY_ADDRESS/library/$image" </dev/null
    rm "$(saved_image "$image")"
  done
  rm -rf "$CLUSTER_CACHE"/images-*
  cp -a --reflink=auto "$CLUSTER/registry" "$CLUSTER_CACHE/images.part"
  mv "$CLUSTER_CACHE/images.part" "$(first_images)"
}

# program_image NAME IMAGE : an archive of one layer with one program, that is run as the image is.
program_image() {
  local file stage=$CLUSTER/image-$1 layer config
  file=$CLUSTER/images/$1.tar
  [[ ! -s $file ]] || return 0
  mkdir -p "$stage/root" "$stage/archive" "$CLUSTER/images"
  install -m 755 "$(program "$1")" "$stage/root/$1"
  tar -C "$stage/root" --owner=0 --group=0 --mtime=@0 -cf "$stage/archive/layer.tar" "$1"
  layer=$(sha256sum "$stage/archive/layer.tar" | cut -d' ' -f1)
  config='{"architecture":"'$(dpkg --print-architecture)'","os":"linux","config":{"Entrypoint":["/'$1'"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$layer'"]}}'
  printf '%s' "$config" >"$stage/archive/config.json"
  printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$2" >"$stage/archive/manifest.json"
  tar -C "$stage/archive" -cf "$file.part" manifest.json config.json layer.tar
  mv "$file.part" "$file"
  rm -rf "$stage"
}

# import_own_images N : puts them into the node.
import_own_images() {
  local name
  for name in pause coredns local-path-provisioner; do
    in_node "$1" ctr --namespace k8s.io images import "/run/sluice/cluster/images/$name.tar" >/dev/null
  done
}
