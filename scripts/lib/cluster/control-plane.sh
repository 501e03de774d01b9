# shellcheck shell=bash
# etcd, the API server, the controller manager, the scheduler and the registry: processes of this machine, each under
# a supervisor.

CONTROL_PARTS=(etcd registry apiserver controller-manager scheduler)
REGISTRY_ADDRESS=$CONTROL_ADDRESS:5000
# On this machine only.
ETCD=http://127.0.0.1:23790
ETCD_PEERS=http://127.0.0.1:23800

control_plane_up() {
  mkdir -p "$CLUSTER"/{pids,logs,etcd,apiserver}
  registry_folder_up
  audit_policy >"$CLUSTER/audit-policy.yaml"
  registry_configuration >"$CLUSTER/registry.yaml"
  # Nothing of it outlives the cluster, so that it waits for no disk.
  start_control_part etcd etcd --data-dir "$CLUSTER/etcd" --logger zap --log-level warn --unsafe-no-fsync \
    --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls "$ETCD_PEERS" \
    --initial-advertise-peer-urls "$ETCD_PEERS" --initial-cluster "default=$ETCD_PEERS"
  start_control_part registry docker-registry serve "$CLUSTER/registry.yaml"
  start_control_part apiserver "$(program kube)" kube-apiserver --etcd-servers "$ETCD" \
    --bind-address "$CONTROL_ADDRESS" --advertise-address "$CONTROL_ADDRESS" --secure-port 6443 \
    --cert-dir "$CLUSTER/apiserver" --token-auth-file "$CLUSTER/credentials/tokens.csv" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --service-cluster-ip-range "$SERVICE_RANGE" --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$CLUSTER/credentials/accounts.key" \
    --service-account-signing-key-file "$CLUSTER/credentials/accounts.key" \
    --kubelet-preferred-address-types InternalIP --enable-aggregator-routing \
    --kubelet-client-certificate "$CLUSTER/credentials/kubelet-client.crt" \
    --kubelet-client-key "$CLUSTER/credentials/kubelet-client.key" \
    --audit-policy-file "$CLUSTER/audit-policy.yaml" --audit-log-path "$CLUSTER/logs/audit.log" --audit-log-maxsize 50 \
    --audit-log-maxbackup 2
  wait_for 60 'the API server' apiserver api_server_answers
  kubeconfigs
  # A node that is lost is known after 16 s instead of 50, so that tests of it are short.
  start_control_part controller-manager "$(program kube)" kube-controller-manager --secure-port 0 --leader-elect=false \
    --kubeconfig "$CLUSTER/credentials/controller-manager.kubeconfig" --use-service-account-credentials \
    --root-ca-file "$CLUSTER/apiserver/apiserver.crt" \
    --service-account-private-key-file "$CLUSTER/credentials/accounts.key" \
    --node-monitor-period 1s --node-monitor-grace-period 16s --allocate-node-cidrs --cluster-cidr "$CILIUM_RANGE"
  start_control_part scheduler "$(program kube)" kube-scheduler --secure-port 0 --leader-elect=false \
    --kubeconfig "$CLUSTER/credentials/scheduler.kubeconfig"
}

# start_control_part NAME COMMAND…
start_control_part() {
  local name=$1 pids=$CLUSTER/pids
  shift
  [[ -z $(recorded_pid "$pids/$name.supervisor") ]] || return 0
  stop_recorded "$pids/$name.pid" 10
  setsid "$SLUICE_CHECKOUT/scripts/lib/supervise.sh" "$name" "$pids" "$CLUSTER/logs/$name.log" "$@" \
    </dev/null >/dev/null 2>&1 7>&- &
  record_process "$pids/$name.supervisor" "$!"
}

control_plane_down() {
  local name
  for name in scheduler controller-manager apiserver registry etcd; do
    stop_recorded "$CLUSTER/pids/$name.supervisor" 20
    stop_recorded "$CLUSTER/pids/$name.pid" 10
  done
}

api_server_answers() {
  [[ -s $CLUSTER/apiserver/apiserver.crt ]] &&
    curl --silent --fail --max-time 5 --cacert "$CLUSTER/apiserver/apiserver.crt" "https://$CONTROL_ADDRESS:6443/readyz" >/dev/null
}

# wait_for SECONDS WHAT LOG COMMAND… : until the command succeeds; else the end of the log, and the script's.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2 log=$CLUSTER/logs/$3.log
  shift 3
  until "$@"; do
    if ((SECONDS >= deadline)); then
      tail -n 15 "$log" >&2 || true
      die "$what did not become ready" "its log: $log" './scripts/cluster down takes away what was started'
    fi
    sleep 0.1
  done
}

# Who asked for what, without the content: every write, and what is read by others than the cluster's own parts. A watch has
# two lines of one auditID, at its start and at its end.
audit_policy() {
  cat <<'END'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    resources: [{group: coordination.k8s.io, resources: [leases]}]
  - level: None
    verbs: [create, update, patch]
    resources: [{resources: [events]}]
  - level: None
    verbs: [get, list, watch]
    users: ['system:apiserver', 'system:kube-controller-manager', 'system:kube-scheduler', 'system:kube-proxy']
  - level: None
    verbs: [get, list, watch]
    userGroups: ['system:nodes', 'system:serviceaccounts:kube-system']
  - level: None
    nonResourceURLs: ['*']
  - level: Metadata
END
}

registry_configuration() {
  cat <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $CLUSTER/registry}, delete: {enabled: true}}
http: {addr: '$REGISTRY_ADDRESS'}
END
}
