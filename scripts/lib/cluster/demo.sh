# shellcheck shell=bash
# The demo in a cluster: the chart installed in the one of this machine, with examples/hello-node pushed to it.
# Reads STATE (.sluice/cluster) and uses the functions of scripts/lib/demo.sh, which are the same for git and `sluice`.

DEMO_NAMESPACE=sluice

demo_cluster_up() {
  local began=$SECONDS
  mkdir -p "$STATE/demo/bin"
  need_node
  [[ -d $CLUSTER ]] || touch "$STATE/started-the-cluster"
  "$SLUICE_CHECKOUT/scripts/cluster" up
  KUBECONFIG=$(cluster_kubeconfig)
  export KUBECONFIG PATH=$CLUSTER/bin:$PATH
  npm_packages
  compile
  demo_cluster_install
  demo_cluster_ports
  demo_cluster_key
  demo_environment
  demo_repository
  demo_cluster_admin
  demo_setup
  demo_push
  say 'kubectl get jobs --namespace sluice-builds'
  kubectl get jobs --namespace sluice-builds
  demo_shows_the_answer
  demo_cluster_says_what_is_next $((SECONDS - began))
}

demo_cluster_install() {
  local images tag
  images=$("$SLUICE_CHECKOUT/scripts/cluster" images)
  tag=$(sed -n 's/^SLUICE_CLUSTER_PLATFORM_IMAGE=.*://p' <<<"$images")
  demo_cluster_choose_ports
  cat >"$STATE/values.yaml" <<END
images: { registry: '$REGISTRY_ADDRESS', tag: '$tag', buildkit: '$(sed -n 's/^SLUICE_CLUSTER_BUILDKIT_IMAGE=//p' <<<"$images")' }
sshHost: localhost
server: { storage: { class: local-path, size: 5Gi } }
ssh: { service: { type: ClusterIP, port: $SLUICE_SSH_PORT } }
routers: { service: { type: ClusterIP, httpPort: $SLUICE_HTTP_PORT } }
builds: { cache: { class: local-path, size: 5Gi } }
registry:
  host: '$REGISTRY_ADDRESS'
  insecure: true
  addresses: ['${REGISTRY_ADDRESS%:*}/32']
  mirrors: { docker.io: ['$REGISTRY_ADDRESS'] }
network: { privateRanges: [10.243.0.0/24, 10.244.0.0/16, 10.96.0.0/16, 169.254.0.0/16] }
END
  say "helm upgrade --install sluice charts/sluice --namespace $DEMO_NAMESPACE"
  helm upgrade --install sluice "$SLUICE_CHECKOUT/charts/sluice" --namespace "$DEMO_NAMESPACE" --create-namespace \
    --values "$STATE/values.yaml" --wait --timeout 5m >"$STATE/helm.log" ||
    die 'the chart was not installed' "kubectl get pods --namespace $DEMO_NAMESPACE"
}

# The same at each start, as addresses of git remotes hold them.
demo_cluster_choose_ports() {
  local ports
  if [[ ! -f $STATE/ports.env ]]; then
    mapfile -t ports < <("$SLUICE_NODE" "$SLUICE_CHECKOUT/scripts/lib/free-ports.mjs" 2222 8080)
    printf 'SLUICE_SSH_PORT=%s\nSLUICE_HTTP_PORT=%s\n' "${ports[@]}" >"$STATE/ports.env"
  fi
  # shellcheck source=/dev/null
  . "$STATE/ports.env"
  export SLUICE_SSH_PORT SLUICE_HTTP_PORT
}

# A cluster of one machine has no load balancer: its Services are brought to ports of this machine, and again when a
# pod was replaced.
demo_cluster_ports() {
  demo_cluster_forward ssh "$SLUICE_SSH_PORT"
  demo_cluster_forward router "$SLUICE_HTTP_PORT"
}

# demo_cluster_forward SERVICE PORT
demo_cluster_forward() {
  local deadline=$((SECONDS + 30))
  stop_recorded "$STATE/forward-$1" 5
  setsid "$SLUICE_CHECKOUT/scripts/lib/cluster/forward.sh" "$DEMO_NAMESPACE" "sluice-$1" "$2" \
    </dev/null >"$STATE/forward-$1.log" 2>&1 &
  record_process "$STATE/forward-$1" $!
  until (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do
    ((SECONDS < deadline)) || die "port $2 does not lead to sluice-$1" "its log: $STATE/forward-$1.log"
    sleep 0.2
  done
}

demo_cluster_key() {
  [[ -f $STATE/demo/id_ed25519 ]] || ssh-keygen -q -t ed25519 -N '' -C "$(id -un)@sluice-demo" -f "$STATE/demo/id_ed25519"
  # By the API server's own connection, so nothing has to be trusted at first sight.
  kubectl exec --namespace "$DEMO_NAMESPACE" sluice-server-0 --container server -- \
    cat /var/lib/sluice/ssh_host_ed25519_key >"$STATE/demo/host_key"
  chmod 600 "$STATE/demo/host_key"
  printf '[localhost]:%s %s\n' "$SLUICE_SSH_PORT" "$(ssh-keygen -y -f "$STATE/demo/host_key")" >"$STATE/demo/known_hosts"
  rm -f "$STATE/demo/host_key"
}

demo_cluster_admin() {
  [[ ! -f $STATE/demo/is-set-up ]] || return 0
  say 'Making the first admin, with the key of the demo'
  kubectl exec --stdin --namespace "$DEMO_NAMESPACE" sluice-server-0 --container server -- \
    sluice setup --person demo --key - <"$STATE/demo/id_ed25519.pub" >/dev/null
  touch "$STATE/demo/is-set-up"
}

demo_cluster_says_what_is_next() {
  local here
  here=$(realpath --relative-to="$PWD" "$STATE/demo")
  result "hello is live at $URL (after $1 s)"
  cat <<END

Now you:
  export KUBECONFIG=$KUBECONFIG PATH=$CLUSTER/bin:\$PATH
  . $here/env             # this shell's git and sluice use the demo's key
  cd $here/hello
  # change src/app.js (and its test), then
  git commit -am 'My change' && git push platform main
  kubectl get jobs --namespace sluice-builds
  kubectl get pods --all-namespaces --selector sluice.dev/app

Take it away again:
  ./scripts/demo --cluster --down
END
}

demo_cluster_down() {
  local id
  if [[ ! -d $STATE ]]; then
    result 'there is no demo in a cluster'
    return
  fi
  stop_recorded "$STATE/forward-ssh" 5
  stop_recorded "$STATE/forward-router" 5
  if [[ -f $STATE/started-the-cluster ]]; then
    "$SLUICE_CHECKOUT/scripts/cluster" down
  elif [[ -d $CLUSTER ]]; then
    KUBECONFIG=$(cluster_kubeconfig)
    export KUBECONFIG PATH=$CLUSTER/bin:$PATH
    id=$(kubectl get secret sluice-platform --namespace "$DEMO_NAMESPACE" --ignore-not-found --output 'jsonpath={.data.installation}' | base64 -d)
    helm uninstall sluice --namespace "$DEMO_NAMESPACE" --ignore-not-found
    if [[ -n $id ]]; then
      kubectl delete namespaces --selector "sluice.dev/installation=$id" --ignore-not-found
      # Others may build there.
      kubectl delete jobs,persistentvolumeclaims,secrets --namespace sluice-builds --selector "sluice.dev/installation=$id" --ignore-not-found
    fi
    kubectl delete namespaces "$DEMO_NAMESPACE" --ignore-not-found
  fi
  rm -rf "$STATE"
  rmdir "$SLUICE_CHECKOUT/.sluice" 2>/dev/null || true
  result 'the demo is gone; what the cluster is built of stays in its cache'
}
