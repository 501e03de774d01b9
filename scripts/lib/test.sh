# shellcheck shell=bash
# Runs the parts of ./scripts/test and counts by their own reports. Reads the arrays `parts` and `paths`.
# shellcheck disable=SC2154

test_run() {
  REPORTS=$(mktemp -d)
  # Tests make their folders below TMPDIR; whatever one leaves when it is killed goes with it. Short, because
  # the path of a unix socket ends at 107 bytes.
  TMPDIR=$(mktemp -d /tmp/s.XXXXXX)
  export TMPDIR REPORTS
  trap test_end EXIT
  trap 'exit 130' INT TERM
  local part
  need_node
  test_machine
  npm_packages
  test_images
  for part in "${parts[@]}"; do run_part "$part"; done
}

# What the tests use of the machine: an engine, a router, Redis. Unit tests need none of it.
test_machine() {
  local missing
  mapfile -t missing < <(
    libraries_of_node_missing
    if is_planned shellcheck; then packages_missing shellcheck=shellcheck; fi
    # The shells that completion is for, and a terminal for tests.
    if is_planned e2e || is_planned paths; then packages_missing zsh=zsh fish=fish python3=python3; fi
  )
  install_packages "${missing[@]}"
  if uses_engine; then
    mapfile -t missing < <(compose_missing)
    prepare_machine pgrep=procps "${missing[@]}"
    # Tests of the engine look for it where it usually is.
    docker_engine "$SLUICE_CACHE/engine" "test $$" /var/run/docker.sock
  fi
  if is_planned crash; then prepare_crash; fi
  if uses_cluster; then cluster_for_tests; fi
}

test_images() {
  if uses_engine; then base_images busybox:1 node:26-slim python:3.11-slim; fi
}

uses_engine() {
  local part
  for part in contract e2e crash load paths; do is_planned "$part" && return; done
  return 1
}

is_planned() {
  local part
  for part in "${parts[@]}"; do [[ $part == "$1" ]] && return; done
  return 1
}

# run_part NAME : leaves its report in REPORTS; a part that fails does not keep the others from running.
run_part() {
  say "Running $1"
  case $1 in
    shellcheck) check shellcheck shellcheck scripts/demo scripts/test scripts/platform scripts/sluice scripts/cluster scripts/images .ci/run \
      scripts/lib/*.sh scripts/lib/cluster/*.sh scripts/lib/cluster/cilium/clang ;;
    typecheck) check typecheck npm run --silent typecheck ;;
    lint) check lint npm run --silent lint ;;
    format) check format npm run --silent format:check ;;
    build) check build npm run --silent build ;;
    unit) tests unit 900 --project unit ;;
    contract) shaky_tests contract 1500 --project contract ;;
    e2e) shaky_tests e2e 2400 --project e2e ;;
    crash) crash ;;
    load) tests load 3600 --project load ;;
    cluster) shaky_tests cluster 2700 --project 'cluster*' "${cluster_tests[@]}" ;;
    paths) tests paths 2400 "${paths[@]}" ;;
  esac
}

# check NAME COMMAND… : passed or failed as a whole.
check() {
  local name=$1
  shift
  if "$@" </dev/null; then echo passed >"$REPORTS/$name.check"; else echo failed >"$REPORTS/$name.check"; fi
}

# crash : the kill matrix, where it harms nobody.
crash() {
  detail "seed $SLUICE_CRASH_SEED, $SLUICE_CRASH_RUNS runs${SLUICE_CRASH_ONLY:+, only run $SLUICE_CRASH_ONLY of them}"
  local within=("$SLUICE_CHECKOUT/scripts/lib/crash-namespaces.sh")
  tests crash "$(crash_seconds)" --project crash
}

# tests NAME SECONDS ARGUMENT… : vitest, with its own report of each test. Started by the command in `within`, if any.
within=()
tests() {
  local name=$1 seconds=$2 status=0
  shift 2
  SLUICE_UNHANDLED_FILE=$REPORTS/$name.unhandled.json timeout --kill-after=60 "$seconds" "${within[@]}" vitest run "$@" \
    --reporter=default --reporter=json --outputFile.json="$REPORTS/$name.json" \
    --reporter="$SLUICE_CHECKOUT/scripts/lib/unhandled-reporter.mjs" </dev/null || status=$?
  echo "$status" >"$REPORTS/$name.status"
}

# shaky_tests NAME SECONDS ARGUMENT… : as `tests`, for what runs on real parts. The few files that failed run once more,
# alone, so that a machine's bad moment does not decide over thousands of tests; the count says which did.
shaky_tests() {
  local files
  tests "$@"
  mapfile -t files < <(node "$SLUICE_CHECKOUT/scripts/lib/files-to-repeat.mjs" "$REPORTS" "$1")
  ((${#files[@]})) || return 0
  say "Running again what failed in $1"
  detail "${files[@]#"$SLUICE_CHECKOUT/"}"
  tests "$1.again" 900 "${files[@]}"
}

# The status is that of the count, unless something ended the run before.
test_end() {
  local ended=$? counted=0
  trap - EXIT
  set +e
  cluster_after_tests
  leave_docker_engine "$SLUICE_CACHE/engine" "test $$"
  rm -rf "$TMPDIR"
  node "$SLUICE_CHECKOUT/scripts/lib/count.mjs" "$REPORTS" "${parts[@]}" || counted=$?
  rm -rf "$REPORTS"
  exit $((ended != 0 ? ended : counted))
}
