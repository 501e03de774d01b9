# shellcheck shell=bash
# The cluster's network: a bridge on this machine, and for each node a network namespace with an address on it. The
# control plane and the registry are at the bridge's own address, which pods reach too.

BRIDGE=sluice-k8s
CONTROL_ADDRESS=10.243.0.1
NODE_RANGE=10.243.0.0/24
POD_RANGE=10.244.0.0/16
# Cilium wants addresses of its own on each node. Pods have theirs of the bridge.
CILIUM_RANGE=10.245.0.0/16
SERVICE_RANGE=10.96.0.0/16
DNS_ADDRESS=10.96.0.10
CLUSTER_NODES=(1 2)
# A machine's proxy is for what lies outside.
export NO_PROXY="${NO_PROXY:-${no_proxy:-localhost,127.0.0.1}},$NODE_RANGE,$POD_RANGE,$SERVICE_RANGE,.svc,.cluster.local"
export no_proxy=$NO_PROXY

node_name() { echo "node$1"; }
node_address() { echo "10.243.0.1$1"; }
node_pods() { echo "10.244.$1.0/24"; }
node_gateway() { echo "10.244.$1.1"; }
node_namespace() { echo "sluice-node$1"; }
node_link() { echo "sluice-n$1"; }

# A bridge that was given no address takes the lowest of its ports': it would change with pods that come and go, and whoever
# knows the old one sends into the void until that entry has aged, for some ten seconds.
BRIDGE_HARDWARE=02:00:0a:f3:00:01
node_bridge_hardware() { printf '02:00:0a:f4:%02x:01\n' "$1"; }

# What the kubelet and we change of the machine, with what to put back.
CHANGED_SETTINGS=(net/ipv4/ip_forward vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

remember_settings() {
  local setting
  [[ -f $CLUSTER/settings ]] && return
  for setting in "${CHANGED_SETTINGS[@]}"; do
    if [[ -r /proc/sys/$setting ]]; then echo "$setting $(<"/proc/sys/$setting")"; fi
  done >"$CLUSTER/settings.part"
  if ! nft list table ip filter >/dev/null 2>&1; then echo 'no-filter-table' >>"$CLUSTER/settings.part"; fi
  mv "$CLUSTER/settings.part" "$CLUSTER/settings"
}

# network_up : the bridge and what lets its packets through. Docker drops what it does not know.
network_up() {
  local side
  if [[ ! -d /sys/class/net/$BRIDGE ]]; then
    ip link add "$BRIDGE" type bridge
    # So that a run from another cache folder can say whose it is.
    ip link set "$BRIDGE" alias "$CLUSTER"
    ip address add "$CONTROL_ADDRESS/24" dev "$BRIDGE"
  fi
  ip link set "$BRIDGE" address "$BRIDGE_HARDWARE" up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  # Without it the answers of a Service within one node would not be translated back.
  [[ -d /proc/sys/net/bridge ]] || modprobe br_netfilter 2>/dev/null || true
  for side in -i -o; do
    iptables -w -C FORWARD "$side" "$BRIDGE" -m comment --comment sluice-cluster -j ACCEPT 2>/dev/null ||
      iptables -w -I FORWARD "$side" "$BRIDGE" -m comment --comment sluice-cluster -j ACCEPT
  done
  nft -f - <<END
table ip sluice-cluster
delete table ip sluice-cluster
table ip sluice-cluster {
  chain leaving {
    type nat hook postrouting priority srcnat
    ip saddr { $NODE_RANGE, $POD_RANGE } ip daddr != { $NODE_RANGE, $POD_RANGE } masquerade
  }
}
END
}

# node_network_up N : its namespace, which the node's processes are started in.
node_network_up() {
  local namespace link address other inside
  namespace=$(node_namespace "$1") link=$(node_link "$1") address=$(node_address "$1")
  inside=(nsenter "--net=/run/netns/$namespace")
  if [[ ! -e /run/netns/$namespace ]]; then ip netns add "$namespace"; fi
  if [[ ! -d /sys/class/net/$link ]]; then
    ip link add "$link" type veth peer name eth0 netns "$namespace"
    ip link set "$link" master "$BRIDGE"
  fi
  ip link set "$link" up
  "${inside[@]}" ip link set lo up
  "${inside[@]}" ip address replace "$address/24" dev eth0
  "${inside[@]}" ip link set eth0 up
  "${inside[@]}" ip route replace default via "$CONTROL_ADDRESS"
  for other in "${CLUSTER_NODES[@]}"; do
    [[ $other == "$1" ]] || "${inside[@]}" ip route replace "$(node_pods "$other")" via "$(node_address "$other")"
  done
  "${inside[@]}" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  # The bridge of its pods. A policy never keeps a node from its own pods, which the kubelet probes; Cilium knows the node
  # by its address, so it talks to them by that and not by the bridge's, and by a mark.
  if ! "${inside[@]}" ip link show cni0 >/dev/null 2>&1; then
    "${inside[@]}" ip link add cni0 type bridge
    "${inside[@]}" ip address add "$(node_gateway "$1")/24" dev cni0 noprefixroute
  fi
  "${inside[@]}" ip link set cni0 address "$(node_bridge_hardware "$1")" up
  "${inside[@]}" ip route replace "$(node_pods "$1")" dev cni0 src "$address"
  "${inside[@]}" nft -f - <<END
table ip sluice-node
delete table ip sluice-node
table ip sluice-node {
  chain own {
    type route hook output priority mangle
    oifname cni0 meta mark set meta mark and 0xfffff0ff or 0xc00
  }
}
END
  ip route replace "$(node_pods "$1")" via "$address"
  # Services answer this machine through the first node.
  [[ $1 != "${CLUSTER_NODES[0]}" ]] || ip route replace "$SERVICE_RANGE" via "$address"
}

network_down() {
  local side node value setting
  for node in "${CLUSTER_NODES[@]}"; do
    if [[ -d /sys/class/net/$(node_link "$node") ]]; then ip link delete "$(node_link "$node")"; fi
    if [[ -e /run/netns/$(node_namespace "$node") ]]; then ip netns delete "$(node_namespace "$node")"; fi
  done
  if [[ -d /sys/class/net/$BRIDGE ]]; then ip link delete "$BRIDGE"; fi
  for side in -i -o; do
    while iptables -w -D FORWARD "$side" "$BRIDGE" -m comment --comment sluice-cluster -j ACCEPT 2>/dev/null; do :; done
  done
  nft delete table ip sluice-cluster 2>/dev/null || true
  [[ -f $CLUSTER/settings ]] || return 0
  while read -r setting value; do
    case $setting in
      no-filter-table)
        # Only if nobody has put anything into it since.
        if ! nft list table ip filter 2>/dev/null | grep -qE 'counter|policy drop|jump'; then
          nft delete table ip filter 2>/dev/null || true
        fi
        ;;
      # An engine that was started after us needs it too.
      net/ipv4/ip_forward) [[ -n $(dockerd_pids) ]] || echo "$value" >"/proc/sys/$setting" ;;
      *) echo "$value" >"/proc/sys/$setting" || true ;;
    esac
  done <"$CLUSTER/settings"
}
