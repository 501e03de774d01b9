# shellcheck shell=bash
# A cluster that somebody else keeps: it is looked at, never changed.

# Sidecars as init containers, and ValidatingAdmissionPolicy.
OLDEST_KUBERNETES=1.30

# check_existing KUBECONFIG REGISTRY
check_existing() {
  local version
  [[ -r $1 ]] || die "there is no kubeconfig at $1" 'kind get kubeconfig >FILE, or copy the one that your cluster gives'
  [[ -n $2 ]] || die 'an existing cluster needs a registry that it and this machine reach' \
    "./scripts/cluster up --kubeconfig $1 --registry HOST[:PORT]"
  version=$(a_kubectl --kubeconfig "$1" --request-timeout 10s get --raw /version 2>&1 |
    sed -nE 's/.*"gitVersion": *"v([0-9]+\.[0-9]+)[^"]*".*/\1/p') || true
  [[ -n $version ]] || die "the cluster of $1 does not answer" "kubectl --kubeconfig $1 version"
  [[ $(printf '%s\n' "$OLDEST_KUBERNETES" "$version" | sort -V | head -1) == "$OLDEST_KUBERNETES" ]] ||
    die "the cluster of $1 is Kubernetes $version; $OLDEST_KUBERNETES or newer is needed" 'choose another, or ./scripts/cluster up for one on this machine'
  detail "Kubernetes $version answers; registry $2"
}

# The person's own, which knows how to log in at a cloud; else ours.
a_kubectl() {
  if command -v kubectl >/dev/null; then
    kubectl "$@"
  elif [[ -x $(program kube) ]]; then
    (exec -a kubectl "$(program kube)" "$@")
  else
    die 'kubectl is not installed' 'https://kubernetes.io/docs/tasks/tools/, then run this again'
  fi
}
