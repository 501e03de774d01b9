# shellcheck shell=bash
# A node as this machine sees it: one process whose end ends everything in the node, with network, mounts and process
# numbers of its own. What runs inside: node-inside.sh.

# node_up N
node_up() {
  local name folder
  name=$(node_name "$1") folder=$CLUSTER/nodes/$(node_name "$1")
  [[ -z $(recorded_pid "$folder/process") ]] || return 0
  mkdir -p "$folder/var" "$folder/configuration" "$CLUSTER/logs/$name"
  node_network_up "$1"
  node_cgroups_up "/sluice-$name"
  write_node_configuration "$1"
  nsenter "--net=/run/netns/$(node_namespace "$1")" setsid unshare --mount --pid --fork --kill-child --mount-proc \
    "$SLUICE_CHECKOUT/scripts/lib/cluster/node-inside.sh" "$name" "$CLUSTER" "$SLUICE_CHECKOUT" "$(program kube)" \
    "$(program cilium)" \
    </dev/null >"$CLUSTER/logs/$name/node.log" 2>&1 7>&- &
  record_process "$folder/process" "$!"
  # It may be killed on purpose, of which the shell need not speak.
  disown
}

# node_down N : as if its plug were pulled.
node_down() {
  local folder pid deadline=$((SECONDS + 30))
  folder=$CLUSTER/nodes/$(node_name "$1")
  stop_recorded "$folder/process" 0
  [[ -e /run/netns/$(node_namespace "$1") ]] || return 0
  # The kernel ends them; they are gone when nobody is in the namespace any more.
  while [[ -n $(ip netns pids "$(node_namespace "$1")" 2>/dev/null) ]]; do
    if ((SECONDS >= deadline)); then
      for pid in $(ip netns pids "$(node_namespace "$1")"); do kill -KILL "$pid" 2>/dev/null || true; done
    fi
    sleep 0.05
  done
}

# in_node N COMMAND… : inside, with the node's files, network and processes.
in_node() {
  local outer inner
  outer=$(recorded_pid "$CLUSTER/nodes/$(node_name "$1")/process")
  [[ -n $outer ]] || return 1
  inner=$(cat "/proc/$outer/task/$outer/children")
  shift
  nsenter --target "${inner%% *}" --mount --net --pid "$@"
}

# Version 1 has a hierarchy for each controller, version 2 one for all; a machine may have both.
cgroup_hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts; }

# node_cgroups_up GROUP
node_cgroups_up() {
  local hierarchy file
  while read -r hierarchy; do
    mkdir -p "$hierarchy$1"
    # In version 2 a group's controllers are those that its parent passes on.
    if grep -qsw memory "$hierarchy/cgroup.controllers"; then
      sed -E 's/[a-z_0-9]+/+&/g' "$hierarchy/cgroup.controllers" >"$hierarchy/cgroup.subtree_control"
      sed -E 's/[a-z_0-9]+/+&/g' "$hierarchy$1/cgroup.controllers" >"$hierarchy$1/cgroup.subtree_control"
    fi
    # A new group of version 1 may run on no processor and use no memory.
    for file in cpuset.cpus cpuset.mems; do
      if [[ -f $hierarchy/$file && -f $hierarchy/tasks ]]; then cat "$hierarchy/$file" >"$hierarchy$1/$file"; fi
    done
  done < <(cgroup_hierarchies)
}

cgroups_down() {
  local hierarchy node group try
  while read -r hierarchy; do
    for node in "${CLUSTER_NODES[@]}"; do
      group=$hierarchy/sluice-$(node_name "$node")
      # A group of processes that have just been killed is busy for a moment.
      for ((try = 0; try < 100; try++)); do
        [[ -d $group ]] || break
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
      done
    done
  done < <(cgroup_hierarchies)
}

# write_node_configuration N : what its containerd, its pods' network and its kubelet read.
write_node_configuration() {
  local folder
  folder=$CLUSTER/nodes/$(node_name "$1")/configuration
  containerd_configuration >"$folder/containerd.toml"
  pod_network_configuration "$1" >"$folder/10-bridge.conflist"
  kubelet_configuration "$1" >"$folder/kubelet.yaml"
  cp "$CLUSTER/credentials/$(node_name "$1").kubeconfig" "$folder/kubelet.kubeconfig"
  cp "$CLUSTER/credentials/proxy.kubeconfig" "$folder/proxy.kubeconfig"
  cp "$CLUSTER/credentials/cilium.kubeconfig" "$folder/cilium.kubeconfig"
  cp "$CLUSTER/credentials/kubelet-client.crt" "$folder/kubelet-client.crt"
  {
    echo "NODE_ADDRESS=$(node_address "$1")"
    echo "POD_RANGE=$POD_RANGE"
    echo "COMPILER=$(cilium_compiler)"
  } >"$folder/node.env"
  # The machine's own may be a stub on its loopback, which a pod does not reach.
  if grep -q '^nameserver 127\.' /etc/resolv.conf && [[ -r /run/systemd/resolve/resolv.conf ]]; then
    cp /run/systemd/resolve/resolv.conf "$folder/resolv.conf"
  else
    cp /etc/resolv.conf "$folder/resolv.conf"
  fi
}

containerd_configuration() {
  cat <<'END'
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "sluice.local/pause:1"
  # Without the right to lower it, a container would not start.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/run/sluice/plugins"
    conf_dir = "/run/sluice/node/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/run/sluice/cluster/registries"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
END
}

pod_network_configuration() {
  cat <<END
{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [
    {
      "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
      "ipam": { "type": "host-local", "ranges": [[{ "subnet": "$(node_pods "$1")" }]], "routes": [{ "dst": "0.0.0.0/0" }] }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } },
    { "type": "cilium-cni", "chaining-mode": "generic-veth" }
  ]
}
END
}

kubelet_configuration() {
  cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupRoot: /sluice-$(node_name "$1")
clusterDNS: [$DNS_ADDRESS]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: /run/sluice/node/resolv.conf
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: /run/sluice/node/kubelet-client.crt}
authorization: {mode: Webhook}
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
serializeImagePulls: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
nodeStatusUpdateFrequency: 4s
nodeLeaseDurationSeconds: 16
END
}

# node_number NAME : of `node2` it is 2.
node_number() {
  local node
  for node in "${CLUSTER_NODES[@]}"; do
    [[ $(node_name "$node") != "$1" ]] || { echo "$node" && return; }
  done
  die "there is no node ${1:-without a name}" './scripts/cluster status'
}

# node_fault cut|mend|kill NAME : what happens to machines, for tests.
node_fault() {
  local node
  node=$(node_number "$2")
  case $1 in
    cut) ip link set "$(node_link "$node")" down ;;
    mend) ip link set "$(node_link "$node")" up ;;
    kill) node_down "$node" ;;
  esac
}
