# shellcheck shell=bash
# Cilium, so that NetworkPolicies count: bridge and portmap alone let everything through. Chained behind them, with an
# agent in each node that compiles a filter and puts it on each pod's interface; routes and Services stay as they are.

# Of the module, those that the agent waits for. In a cluster of its own an operator would make them.
CILIUM_KINDS=(v2/cilium{networkpolicies,clusterwidenetworkpolicies,endpoints,identities,nodes}
  v2alpha1/cilium{cidrgroups,podippools,loadbalancerippools} v2alpha1/ciliuml2announcementpolicies)

# cilium_kinds_up : the kinds of its objects, and its rights, before an agent asks for them.
cilium_kinds_up() {
  local kind files=()
  for kind in "${CILIUM_KINDS[@]}"; do files+=(--filename "$(program cilium)/crds/$kind.yaml"); done
  cluster_kubectl apply --server-side --filename "$SLUICE_CHECKOUT/scripts/lib/cluster/cilium/rights.yaml" "${files[@]}" \
    2> >(grep -v '^Warning: unrecognized format' >&2) >/dev/null
}

# cilium_answers N : whether the agent of that node does.
cilium_answers() {
  in_node "$1" curl --silent --fail --max-time 2 --output /dev/null --header 'brief: true' http://127.0.0.1:9879/healthz
}

# cilium_compiler : the path of a clang, by whatever name the system has it.
cilium_compiler() {
  local name
  for name in clang-19 clang clang-20 clang-18 clang-17 clang-16; do
    if command -v "$name"; then return; fi
  done
  die 'there is no clang, with which Cilium compiles its filters' 'apt-get install --no-install-recommends clang-19'
}

# go_cilium : the agent and its CNI plugin, of a copy of the module, with what the agent reads when it runs.
go_cilium() {
  local made=$CLUSTER_CACHE/building/program/cilium copy=$CLUSTER_CACHE/building/cilium part
  local modules=$copy/pkg/datapath/linux/modules/modules_linux.go
  (cluster_go mod download "github.com/cilium/cilium@$CILIUM_VERSION")
  mkdir -p "$made"
  rm -rf "$copy"
  cp -R "$CLUSTER_CACHE/go/path/pkg/mod/github.com/cilium/cilium@$CILIUM_VERSION" "$copy"
  # A kernel without loadable modules has no list of them, which Cilium takes for an error.
  sed -i '/^func listLoadedModules/,/^}/s/^\tif err != nil {$/\tif errors.Is(err, os.ErrNotExist) {\n\t\treturn nil, nil\n\t}\n&/' "$modules"
  cd "$copy" || exit
  for part in plugins/cilium-cni=cilium-cni daemon=cilium-agent; do
    (cluster_go build -mod=readonly -trimpath -tags osusergo -o "$made/${part#*=}" \
      -ldflags "-s -w -X github.com/cilium/cilium/pkg/version.ciliumVersion=${CILIUM_VERSION#v}" "./${part%=*}") || exit
  done
  cp -R bpf "$made/bpf"
  cp -R pkg/k8s/apis/cilium.io/client/crds "$made/crds"
}
