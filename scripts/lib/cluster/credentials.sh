# shellcheck shell=bash
# Who may talk to the API server: a token and a kubeconfig for each part, made once for a cluster's life.

# name, user, group, one a line
cluster_accounts() {
  local node
  echo 'admin admin system:masters'
  echo 'controller-manager system:kube-controller-manager -'
  echo 'scheduler system:kube-scheduler -'
  echo 'proxy system:kube-proxy -'
  echo 'cilium sluice-test:cilium -'
  for node in "${CLUSTER_NODES[@]}"; do
    echo "$(node_name "$node") system:node:$(node_name "$node") system:nodes"
  done
}

credentials() {
  local folder=$CLUSTER/credentials name user group
  if [[ -f $folder/tokens.csv ]]; then
    refuse_older "$folder/tokens.csv"
    return
  fi
  mkdir -p "$folder"
  chmod 700 "$folder"
  # Signs the tokens of service accounts.
  [[ -f $folder/accounts.key ]] || ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -C '' -f "$folder/accounts.key"
  # By it the kubelets know the API server. It is its own authority.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj '/O=system:masters/CN=kube-apiserver' \
    -keyout "$folder/kubelet-client.key" -out "$folder/kubelet-client.crt" 2>/dev/null
  while read -r name user group; do
    if [[ $group == - ]]; then group=''; fi
    echo "$(openssl rand -hex 24),$user,$name,\"$group\""
  done < <(cluster_accounts) >"$folder/tokens.csv.part"
  mv "$folder/tokens.csv.part" "$folder/tokens.csv"
}

# refuse_older TOKENS : the API server reads them once, and a node has its network for as long as it runs.
refuse_older() {
  local name user _group
  while read -r name user _group; do
    grep -q ",$user,$name," "$1" ||
      die "the cluster that runs was started by an older ./scripts/cluster, which knew no $name" \
        './scripts/cluster down && ./scripts/cluster up'
  done < <(cluster_accounts)
}

# kubeconfigs : the API server has made its certificate by now.
kubeconfigs() {
  local folder=$CLUSTER/credentials token user name _group authority
  authority=$(base64 -w0 <"$CLUSTER/apiserver/apiserver.crt")
  while IFS=, read -r token user name _group; do
    cat >"$folder/$name.kubeconfig.part" <<END
apiVersion: v1
kind: Config
current-context: sluice
clusters: [{name: sluice, cluster: {server: 'https://$CONTROL_ADDRESS:6443', certificate-authority-data: $authority}}]
contexts: [{name: sluice, context: {cluster: sluice, user: '$user'}}]
users: [{name: '$user', user: {token: $token}}]
END
    mv "$folder/$name.kubeconfig.part" "$folder/$name.kubeconfig"
  done <"$folder/tokens.csv"
}

cluster_kubeconfig() { echo "$CLUSTER/credentials/admin.kubeconfig"; }
