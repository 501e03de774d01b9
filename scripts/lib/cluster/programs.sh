# shellcheck shell=bash
# The programs of the cluster: built of their Go modules, once, into CLUSTER_CACHE/bin; a program's file carries its
# version. What Debian has in a fit version comes from Debian.

CLUSTER_PACKAGES=(containerd=containerd runc=runc /usr/lib/cni/bridge=containernetworking-plugins etcd=etcd-server
  docker-registry=docker-registry nft=nftables iptables=iptables conntrack=conntrack skopeo=skopeo openssl=openssl
  ssh-keygen=openssh-client ip=iproute2 clang-19=clang-19 bpftool=bpftool nsenter=util-linux curl=curl)

KUBERNETES_VERSION=v1.34.4
COREDNS_VERSION=v1.13.1
BUILDKIT_VERSION=v0.29.0
HELM_VERSION=v3.19.4
LOCAL_PATH_VERSION=v0.0.30
CILIUM_VERSION=v1.15.19
# For machines without a Go that is new enough for all of the above.
GO_NEEDED=1.25.5
GO_TOOLCHAIN=v0.0.1-go1.25.5.linux-$(dpkg --print-architecture 2>/dev/null || echo amd64)

PROGRAM_SOURCES=$SLUICE_CHECKOUT/scripts/lib/cluster/programs

# program NAME : the path of its file.
program() {
  case $1 in
    kube) echo "$CLUSTER_CACHE/bin/kube-$KUBERNETES_VERSION-$(program_key .)" ;;
    pause) echo "$CLUSTER_CACHE/bin/pause-$(program_key pause)" ;;
    coredns) echo "$CLUSTER_CACHE/bin/coredns-$COREDNS_VERSION" ;;
    buildkitd | buildctl) echo "$CLUSTER_CACHE/bin/$1-$BUILDKIT_VERSION" ;;
    helm) echo "$CLUSTER_CACHE/bin/helm-$HELM_VERSION" ;;
    local-path-provisioner) echo "$CLUSTER_CACHE/bin/local-path-provisioner-$LOCAL_PATH_VERSION" ;;
    # A folder.
    cilium) echo "$CLUSTER_CACHE/bin/cilium-$CILIUM_VERSION" ;;
  esac
}

# program_key FOLDER : what is made of sources of ours is made again when they change.
program_key() { cat "$PROGRAM_SOURCES"/go.mod "$PROGRAM_SOURCES/$1"/*.go | sha256sum | cut -c1-8; }

# cluster_programs : builds what is not there yet. The minutes are those of two cores with nothing else to do.
cluster_programs() {
  local flags="-s -w -X k8s.io/component-base/version.gitVersion=$KUBERNETES_VERSION"
  flags+=" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
  build_program pause '1 minute' go_build '-s -w' ./pause
  build_program kube '4 minutes' go_build "$flags" .
  forget_compiled
  build_program coredns '2 minutes' go_module github.com/coredns/coredns "$COREDNS_VERSION" .
  forget_compiled
  buildkit_programs
  build_program local-path-provisioner '90 seconds' go_module github.com/rancher/local-path-provisioner "$LOCAL_PATH_VERSION" . \
    "-X main.VERSION=$LOCAL_PATH_VERSION"
  forget_compiled
  helm_program
  build_program cilium '6 minutes' go_cilium
  # Module sources, of no use once the programs are there.
  rm -rf "$CLUSTER_CACHE/go" "$CLUSTER_CACHE/building"
}

buildkit_programs() {
  build_program buildkitd '80 seconds' go_module github.com/moby/buildkit "$BUILDKIT_VERSION" ./cmd/buildkitd \
    "-X github.com/moby/buildkit/version.Version=$BUILDKIT_VERSION"
  build_program buildctl '10 seconds' go_module github.com/moby/buildkit "$BUILDKIT_VERSION" ./cmd/buildctl \
    "-X github.com/moby/buildkit/version.Version=$BUILDKIT_VERSION"
  forget_compiled
}

helm_program() {
  build_program helm '75 seconds' go_module helm.sh/helm/v3 "$HELM_VERSION" ./cmd/helm \
    "-X helm.sh/helm/v3/internal/version.version=$HELM_VERSION"
  forget_compiled
}

# forget_compiled : the programs have few packages in common, and each has some 2 GB of them.
forget_compiled() { rm -rf "$CLUSTER_CACHE/go/build"; }

# build_program NAME USUALLY COMMAND… : runs the command, which leaves its program in CLUSTER_CACHE/building.
build_program() {
  local name=$1 usually=$2 file log=$CLUSTER_CACHE/building/log began build
  file=$(program "$name")
  shift 2
  [[ ! -x $file ]] || return 0
  need_go
  say "Building $(basename "$file") of its Go modules, once (usually $usually)"
  # Of one that failed.
  rm -rf "$CLUSTER_CACHE/building/program"
  mkdir -p "$CLUSTER_CACHE/bin" "$CLUSTER_CACHE/building"
  began=$SECONDS
  "$@" </dev/null >"$log" 2>&1 &
  build=$!
  trap 'kill "$build" 2>/dev/null' EXIT
  # Somebody may be watching.
  until timeout 60 tail --pid="$build" -f /dev/null; do detail "$((SECONDS - began)) s so far"; done
  if ! wait "$build"; then
    tail -n 20 "$log" >&2
    die "$name could not be built; the reason is above" 'if something could not be fetched: a Go module proxy must be within reach (go env GOPROXY)' \
      'then run this again: what has been built stays'
  fi
  trap - EXIT
  mv "$CLUSTER_CACHE/building/program/"* "$file"
  detail "built in $((SECONDS - began)) s, $(du -sh "$file" | cut -f1)"
}

# go_build FLAGS PACKAGE : of the sources beside this file. Ends the shell that it runs in, as the next one does.
go_build() {
  mkdir -p "$CLUSTER_CACHE/building/program"
  cd "$PROGRAM_SOURCES" || exit
  cluster_go build -trimpath -ldflags "$1" -o "$CLUSTER_CACHE/building/program/" "$2"
}

# go_module MODULE VERSION PACKAGE [FLAGS] : in that module's own sources, so that its go.mod counts as a whole, what it
# replaces and excludes too. `go install` refuses modules that do either.
go_module() {
  local folder
  mkdir -p "$CLUSTER_CACHE/building/program"
  (cluster_go mod download "$1@$2")
  folder=$CLUSTER_CACHE/go/path/pkg/mod/$1@$2
  cd "$folder" || exit
  cluster_go build -mod=readonly -trimpath -ldflags "-s -w ${4:-}" -o "$CLUSTER_CACHE/building/program/" "$3"
}

# cluster_go ARGUMENT… : becomes `go`, with everything that it keeps below CLUSTER_CACHE/go.
cluster_go() {
  exec env CGO_ENABLED=0 GO111MODULE=on GOWORK=off GOTOOLCHAIN=local GOPATH="$CLUSTER_CACHE/go/path" \
    GOCACHE="$CLUSTER_CACHE/go/build" GOFLAGS='-modcacherw -buildvcs=false' "${SLUICE_GO:-go}" "$@"
}

# need_go : the machine's Go if it is new enough, else Go's own toolchain as the module that Go publishes it as. Any
# Go can fetch a module, Debian's 1.19 too, and checks its sum; switching to it by itself came only in 1.21.
need_go() {
  local toolchain
  [[ -z ${SLUICE_GO:-} ]] || return 0
  if go_is_new_enough go; then
    SLUICE_GO=$(command -v go)
    return
  fi
  command -v go >/dev/null || install_packages golang-go
  toolchain=$CLUSTER_CACHE/go/path/pkg/mod/golang.org/toolchain@$GO_TOOLCHAIN
  if [[ ! -x $toolchain/bin/go ]]; then
    say "Fetching Go of the module golang.org/toolchain $GO_TOOLCHAIN (usually 20 seconds; $(go version | cut -d' ' -f3) is too old)"
    mkdir -p "$CLUSTER_CACHE/go"
    (cluster_go mod download "golang.org/toolchain@$GO_TOOLCHAIN") ||
      die "Go $GO_NEEDED or newer is needed and could not be fetched" 'install it, and have it on the PATH: https://go.dev/doc/install'
    # Modules carry no modes.
    chmod -R +x "$toolchain/bin" "$toolchain/pkg/tool"
  fi
  SLUICE_GO=$toolchain/bin/go
}

# go_is_new_enough GO
go_is_new_enough() {
  local version
  version=$(GOTOOLCHAIN=local "$1" version 2>/dev/null | sed -nE 's/^go version go([0-9.]+).*/\1/p') || return 1
  [[ -n $version && $(printf '%s\n' "$GO_NEEDED" "$version" | sort -V | head -1) == "$GO_NEEDED" ]]
}
