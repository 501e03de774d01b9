# shellcheck shell=bash
# The cluster that the tests run on: the one that was named, the one of this checkout that runs already, or one for the
# time of the tests. Reads existing_kubeconfig and existing_registry.
# shellcheck disable=SC2154

cluster_tests=()
CLUSTER_IS_FOR_TESTS=

cluster_for_tests() {
  if [[ -n $existing_kubeconfig ]]; then
    check_existing "$existing_kubeconfig" "$existing_registry"
    export SLUICE_CLUSTER_KUBECONFIG=$existing_kubeconfig SLUICE_CLUSTER_REGISTRY=$existing_registry
    # Nodes of others are not taken away, and their API server keeps its audit log to itself.
    cluster_tests=(--exclude 'test/cluster/own/**')
    return
  fi
  if [[ ! -d $CLUSTER ]]; then CLUSTER_IS_FOR_TESTS=yes; fi
  # On its own, as its lock would be held for as long as this script runs.
  "$SLUICE_CHECKOUT/scripts/cluster" up || die 'there is no cluster to test on' 'what went wrong is above'
  SLUICE_CLUSTER_KUBECONFIG=$(cluster_kubeconfig)
  export SLUICE_CLUSTER_KUBECONFIG SLUICE_CLUSTER_REGISTRY=$REGISTRY_ADDRESS SLUICE_CLUSTER_KUBECTL=$CLUSTER/bin/kubectl
  export SLUICE_CLUSTER_HELM=$CLUSTER/bin/helm SLUICE_CLUSTER_AUDIT_LOG=$CLUSTER/logs/audit.log
  set -a
  eval "$(platform_images)"
  set +a
}

# uses_cluster : whether what is planned, as a whole or by path, runs on it.
uses_cluster() { is_planned cluster || [[ " ${paths[*]:-}" == *' test/cluster'* ]]; }

cluster_after_tests() {
  [[ -z $CLUSTER_IS_FOR_TESTS ]] || "$SLUICE_CHECKOUT/scripts/cluster" down
}
