# shellcheck shell=bash
# The cluster of this machine: up, down, status. Reads SLUICE_CACHE.

CLUSTER_CACHE=$SLUICE_CACHE/cluster
CLUSTER=$CLUSTER_CACHE/run

for file in programs network credentials control-plane cilium node images platform-images existing; do
  # shellcheck source=/dev/null
  . "$SLUICE_CHECKOUT/scripts/lib/cluster/$file.sh"
done

cluster_up() {
  local began=$SECONDS node missing
  cluster_may_run
  cluster_lock
  refuse_others
  mapfile -t missing < <(packages_missing "${CLUSTER_PACKAGES[@]}")
  install_packages "${missing[@]}"
  cluster_programs
  save_base_images
  mkdir -p "$CLUSTER"
  chmod 700 "$CLUSTER"
  echo "$SLUICE_CHECKOUT" >"$CLUSTER/owner"
  cluster_commands
  began=$SECONDS
  say 'Starting a Kubernetes of two nodes (usually 40 seconds)'
  remember_settings
  network_up
  credentials
  registry_mirrors
  program_image pause sluice.local/pause:1
  program_image coredns sluice.local/coredns:1
  program_image local-path-provisioner sluice.local/local-path-provisioner:1
  control_plane_up
  cilium_kinds_up
  for node in "${CLUSTER_NODES[@]}"; do node_up "$node"; done
  push_base_images
  for node in "${CLUSTER_NODES[@]}"; do
    wait_for 60 "containerd of $(node_name "$node")" "$(node_name "$node")/containerd" containerd_answers "$node"
    import_own_images "$node"
  done
  cluster_kubectl apply --server-side --filename "$SLUICE_CHECKOUT/scripts/lib/cluster/dns.yaml" \
    --filename "$SLUICE_CHECKOUT/scripts/lib/cluster/volumes.yaml" >/dev/null
  for node in "${CLUSTER_NODES[@]}"; do
    wait_for 120 "$(node_name "$node")" "$(node_name "$node")/kubelet" node_is_ready "$node"
    wait_for 120 "Cilium of $(node_name "$node")" "$(node_name "$node")/cilium" cilium_answers "$node"
  done
  cluster_kubectl --namespace kube-system rollout status deployment/coredns --timeout 120s >/dev/null ||
    die 'the DNS of the cluster did not start' "$(cluster_kubectl -n kube-system get pods -o wide)"
  result "Kubernetes $KUBERNETES_VERSION runs with ${#CLUSTER_NODES[@]} nodes (started in $((SECONDS - began)) s)"
  detail "registry:  $REGISTRY_ADDRESS (http)"
  detail "next:      export KUBECONFIG=$(cluster_kubeconfig) PATH=$CLUSTER/bin:\$PATH"
  detail "           kubectl get nodes"
  detail 'take away: ./scripts/cluster down'
}

# Under the names that people type.
cluster_commands() {
  local name
  mkdir -p "$CLUSTER/bin"
  ln -sfn "$(program kube)" "$CLUSTER/bin/kubectl"
  for name in helm buildctl buildkitd; do ln -sfn "$(program "$name")" "$CLUSTER/bin/$name"; done
}

cluster_kubectl() { "$CLUSTER/bin/kubectl" --kubeconfig "$(cluster_kubeconfig)" "$@"; }

containerd_answers() { in_node "$1" ctr --connect-timeout 2s version >/dev/null 2>&1; }

node_is_ready() {
  [[ $(cluster_kubectl get node "$(node_name "$1")" --output 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' \
    2>/dev/null) == True ]]
}

cluster_may_run() {
  if ((EUID != 0)) || [[ $(uname) != Linux ]]; then
    die 'a cluster on this machine needs root on Linux, for its nodes' 'sudo ./scripts/cluster up' \
      'or use one that you have: ./scripts/cluster up --kubeconfig FILE --registry HOST'
  fi
  grep -q ' cgroup' /proc/self/mounts ||
    die 'no cgroups are mounted here, and a kubelet needs them' 'mount -t cgroup2 none /sys/fs/cgroup'
}

# cluster_lock : one of us at a time; the other one waits.
cluster_lock() {
  mkdir -p "$CLUSTER_CACHE"
  exec 7>>"$CLUSTER_CACHE/lock"
  flock --nonblock 7 && return
  say 'Waiting for another ./scripts/cluster to finish'
  flock 7
}

# cluster_runs : whether anything of it does.
cluster_runs() {
  local file
  for file in "$CLUSTER"/pids/*.{supervisor,pid} "$CLUSTER"/nodes/*/process; do
    [[ -z $(recorded_pid "$file") ]] || return 0
  done
  return 1
}

# refuse_others : a machine has one cluster, and a cluster one checkout. What a dead one has left, after a power cut for
# instance, is in nobody's way.
refuse_others() {
  local own=$CLUSTER owner where
  local CLUSTER=$CLUSTER
  where=$(cat "/sys/class/net/$BRIDGE/ifalias" 2>/dev/null || true)
  [[ $where != */cluster/run ]] || CLUSTER=$where
  owner=$(cat "$CLUSTER/owner" 2>/dev/null || true)
  [[ $CLUSTER != "$own" || (-n $owner && $owner != "$SLUICE_CHECKOUT") ]] || return 0
  if cluster_runs; then
    # Where the checkout is gone nobody else could end it.
    [[ $CLUSTER != "$own" || -x $owner/scripts/cluster ]] || return 0
    die "the cluster on this machine is that of ${owner:-another cache folder}, with its state in $CLUSTER" \
      "SLUICE_CACHE=${CLUSTER%/cluster/run} ${owner:-.}/scripts/cluster down"
  fi
  say "Taking away what is left of a cluster that does not run any more (of ${owner:-another cache folder})"
  take_away
}

cluster_down() {
  if [[ ! -d $CLUSTER ]]; then
    result 'there is no cluster'
    return
  fi
  cluster_may_run
  cluster_lock
  refuse_others
  say 'Stopping the cluster'
  take_away
  result "the cluster is gone; its programs and base images stay in $CLUSTER_CACHE, installed system packages stay"
}

take_away() {
  local node
  for node in "${CLUSTER_NODES[@]}"; do node_down "$node"; done
  control_plane_down
  network_down
  cgroups_down
  rm -rf "$CLUSTER"
}

# cluster_status : a line a part; exit status 1 when one does not run.
cluster_status() {
  local name node status=0
  if [[ ! -d $CLUSTER ]]; then
    detail 'there is no cluster; ./scripts/cluster up'
    return 1
  fi
  detail "of $(cat "$CLUSTER/owner" 2>/dev/null || echo 'an unknown checkout')"
  for name in "${CONTROL_PARTS[@]}"; do
    line_of_status "$name" "$(recorded_pid "$CLUSTER/pids/$name.pid")" || status=1
  done
  for node in "${CLUSTER_NODES[@]}"; do
    line_of_status "$(node_name "$node")" "$(recorded_pid "$CLUSTER/nodes/$(node_name "$node")/process")" || status=1
  done
  for node in "${CLUSTER_NODES[@]}"; do
    if cilium_answers "$node"; then
      detail "$(printf '%-18s enforced by Cilium' "policies of $(node_name "$node")")"
    else
      detail "$(printf '%-18s its Cilium does not answer' "$(node_name "$node")")"
      status=1
    fi
  done
  cluster_kubectl --request-timeout 5s get nodes --output wide || status=1
  return "$status"
}

# line_of_status NAME PID
line_of_status() {
  if [[ -n $2 ]]; then
    detail "$(printf '%-18s runs, pid %s' "$1" "$2")"
  else
    detail "$(printf '%-18s does not run' "$1")"
    return 1
  fi
}
