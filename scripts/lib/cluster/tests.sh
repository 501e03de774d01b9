# shellcheck shell=bash
# The cluster that the tests run on: the one that was named, the one of this checkout that runs already, or one for the
# time of the tests. Reads existing_kubeconfig and existing_registry.
# shellcheck disable=SC2154

cluster_tests=()
CLUSTER_IS_FOR_TESTS=

cluster_for_tests() {
  if [[ -n $existing_kubeconfig ]]; then
    check_existing "$existing_kubeconfig" "$existing_registry"
    existing_for_tests
    # Nodes of others are not taken away, and their API server keeps its audit log to itself.
    cluster_tests=(--exclude 'test/cluster/own/**')
    return
  fi
  if ! cluster_runs; then CLUSTER_IS_FOR_TESTS=yes; fi
  # On its own, as its lock would be held for as long as this script runs.
  "$SLUICE_CHECKOUT/scripts/cluster" up || die 'there is no cluster to test on' 'what went wrong is above'
  set -a
  eval "$(cluster_settings)"
  set +a
}

# The cluster of somebody else gets the same images into its registry, and volumes of its default class.
existing_for_tests() {
  local missing
  mapfile -t missing < <(packages_missing skopeo=skopeo curl=curl)
  install_packages "${missing[@]}"
  REGISTRY_ADDRESS=$existing_registry
  buildkit_programs
  helm_program
  set -a
  SLUICE_CLUSTER_KUBECONFIG=$existing_kubeconfig SLUICE_CLUSTER_REGISTRY=$existing_registry
  SLUICE_CLUSTER_HELM=$(program helm) SLUICE_CLUSTER_STORAGE_CLASS=''
  eval "$(platform_images)"
  set +a
}

# uses_cluster : whether what is planned, as a whole or by path, runs on it.
uses_cluster() { is_planned cluster || [[ " ${paths[*]:-}" == *' test/cluster'* ]]; }

cluster_after_tests() {
  [[ -z $CLUSTER_IS_FOR_TESTS ]] || "$SLUICE_CHECKOUT/scripts/cluster" down
}
