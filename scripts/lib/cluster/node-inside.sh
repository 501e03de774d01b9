#!/usr/bin/env bash
# node-inside.sh NAME CLUSTER CHECKOUT KUBE CILIUM : the first process of a node. It is started in network, mount and process
# namespaces of its own, gives the node folders of its own where programs expect theirs, and keeps containerd, the
# kubelet, kube-proxy and Cilium running.
set -euo pipefail
name=$1 cluster=$2 checkout=$3 kube=$4 cilium=$5

# Others' containers could not be removed as long as their files are mounted here too.
while read -r mounted; do umount --lazy "$mounted" 2>/dev/null || true; done < <(
  awk '($3 == "overlay" && $2 != "/") || $3 == "nsfs" {print $2}' /proc/self/mounts
)
mount -t tmpfs -o mode=755 sluice-node /run
mkdir -p /run/sluice/{cluster,lib,node,cilium,plugins} /run/netns
mount --bind "$cluster" /run/sluice/cluster
mount --bind "$checkout/scripts/lib" /run/sluice/lib
install -m 755 /dev/null /run/sluice/kube
mount --bind "$kube" /run/sluice/kube
mount --bind "$cilium" /run/sluice/cilium
mount --bind "/run/sluice/cluster/nodes/$name/configuration" /run/sluice/node
ln -s /usr/lib/cni/* /run/sluice/cilium/cilium-cni /run/sluice/plugins/
mkdir -p "/run/sluice/cluster/nodes/$name/var/"{lib,log,tmp,cache}
ln -sfn /run "/run/sluice/cluster/nodes/$name/var/run"
mount --bind "/run/sluice/cluster/nodes/$name/var" /var
mount --bind /var/tmp /tmp
# Pods' volumes are mounted by the kubelet and seen by containerd and its containers.
mount --make-rshared /

# shellcheck source=/dev/null
. /run/sluice/node/node.env
mkdir -p /run/sluice/pids /run/sluice/node/cni
cp /run/sluice/node/10-bridge.conflist /run/sluice/node/cni/

supervised() {
  local part=$1
  shift
  /run/sluice/lib/supervise.sh "$part" /run/sluice/pids "/run/sluice/cluster/logs/$name/$part.log" "$@" &
}

cd /
supervised containerd containerd --config /run/sluice/node/containerd.toml --log-level warn
supervised proxy /run/sluice/kube kube-proxy --kubeconfig /run/sluice/node/proxy.kubeconfig --proxy-mode nftables \
  --cluster-cidr "$POD_RANGE" --hostname-override "$name" --conntrack-max-per-core 0
# Pods that differ by these alone are the same to every policy; each other one costs an object and a new filter.
LABELS_APART='!sluice\.dev/(index|release|build|attempt),!(batch\.kubernetes\.io/)?job-name'
# Cilium would forbid it to the whole machine for good.
mount --bind -o ro /proc/sys/kernel/unprivileged_bpf_disabled /proc/sys/kernel/unprivileged_bpf_disabled
K8S_NODE_NAME=$name PATH=/run/sluice/lib/cluster/cilium:$PATH SLUICE_CLANG=$COMPILER supervised cilium \
  /run/sluice/cilium/cilium-agent --k8s-kubeconfig-path /run/sluice/node/cilium.kubeconfig \
  --lib-dir /run/sluice/cilium --cgroup-root /run/cilium/cgroup \
  --cni-chaining-mode generic-veth --cni-exclusive=false --routing-mode native \
  --ipam kubernetes --identity-allocation-mode crd \
  --enable-ipv4-masquerade=false --enable-ipv6=false --kube-proxy-replacement false --install-iptables-rules=false \
  --enable-l7-proxy=false --enable-hubble=false --enable-health-checking=false --enable-endpoint-health-checking=false \
  --labels "$LABELS_APART" --api-rate-limit endpoint-create=rate-limit:20/s \
  --bpf-ct-global-tcp-max 65536 --bpf-ct-global-any-max 32768 --bpf-nat-global-max 65536
until ctr --connect-timeout 1s version >/dev/null 2>&1; do sleep 0.1; done
supervised kubelet /run/sluice/kube kubelet --config /run/sluice/node/kubelet.yaml \
  --kubeconfig /run/sluice/node/kubelet.kubeconfig --hostname-override "$name" --node-ip "$NODE_ADDRESS"
# The first process of a namespace must wait for whatever loses its parent, as this shell does.
wait
