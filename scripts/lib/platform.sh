# shellcheck shell=bash
# The platform on one machine: Redis and the four parts of ours, each under a supervisor, all in one data folder.
# The router's HAProxy is the router's own.

PARTS=(redis router server git builder)

# A small heap that is collected more often: the parts wait for others most of the time.
NODE_FLAGS=(--max-semi-space-size=1)

# platform_up DATA : starts what does not run yet and waits until it answers.
platform_up() {
  local data=$1 part
  if ((${#data} > 80)); then
    die "the data folder $data has too long a name for the sockets in it" 'choose a shorter path'
  fi
  mkdir -p "$data/run/platform" "$data/logs/platform" "$data/redis"
  chmod 700 "$data" "$data/run"
  platform_settings "$data"
  stop_parts_of_older_build "$data"
  for part in "${PARTS[@]}"; do start_part "$data" "$part"; done
  if ! "$SLUICE_NODE" "$SLUICE_CHECKOUT/scripts/lib/wait-ready.mjs" 60 "$data/run/server.sock" "$SLUICE_SSH_PORT" \
    "$SLUICE_HTTP_PORT"; then
    tail -n 8 "$data"/logs/platform/*.log >&2
    die 'the platform did not start' "its logs are in $data/logs/platform"
  fi
}

# platform_settings DATA : exports what the parts read. Ports are chosen once and remembered.
platform_settings() {
  local data=$1 ports
  if [[ ! -f $data/ports.env ]]; then
    mapfile -t ports < <("$SLUICE_NODE" "$SLUICE_CHECKOUT/scripts/lib/free-ports.mjs" \
      "${SLUICE_HTTP_PORT:-8080}" "${SLUICE_HTTPS_PORT:-8443}" "${SLUICE_SSH_PORT:-2222}")
    printf 'SLUICE_HTTP_PORT=%s\nSLUICE_HTTPS_PORT=%s\nSLUICE_SSH_PORT=%s\n' "${ports[@]}" >"$data/ports.env"
  fi
  set -a
  # shellcheck source=/dev/null
  . "$data/ports.env"
  set +a
  export SLUICE_DATA_DIR=$data
}

# start_part DATA PART
start_part() {
  local data=$1 part=$2 pids=$1/run/platform command
  [[ -z $(recorded_pid "$pids/$part.supervisor") ]] || return 0
  case $part in
    redis)
      command=(redis-server --port 0 --unixsocket "$data/run/redis.sock" --unixsocketperm 700
        --dir "$data/redis" --appendonly yes --save '' --maxmemory-policy noeviction --loglevel warning)
      ;;
    git) command=("$SLUICE_NODE" "${NODE_FLAGS[@]}" "$SLUICE_CHECKOUT/dist/server/git/main.js") ;;
    *) command=("$SLUICE_NODE" "${NODE_FLAGS[@]}" "$SLUICE_CHECKOUT/dist/$part/main.js") ;;
  esac
  end_orphan "$pids/$part.pid"
  setsid "$SLUICE_CHECKOUT/scripts/lib/supervise.sh" "$part" "$pids" "$data/logs/platform/$part.log" "${command[@]}" \
    </dev/null >/dev/null 2>&1 9>&- &
  record_process "$pids/$part.supervisor" "$!"
}

# A supervisor that was killed leaves its part running, which would be in the way of the next one.
end_orphan() { stop_recorded "$1" 10; }

# After an upgrade the parts are started again; the apps run on.
stop_parts_of_older_build() {
  local data=$1 part
  if ! cmp -s "$SLUICE_CHECKOUT/dist/.inputs" "$data/run/platform/build"; then
    for part in builder git server router; do stop_part "$data" "$part"; done
    cp "$SLUICE_CHECKOUT/dist/.inputs" "$data/run/platform/build"
  fi
}

stop_part() {
  stop_recorded "$1/run/platform/$2.supervisor" 20
  end_orphan "$1/run/platform/$2.pid"
}

# platform_down DATA : stops all parts, HAProxy too. Apps run on unless `platform_purge` came before.
platform_down() {
  local data=$1 part
  [[ -d $data/run/platform ]] || return 0
  for part in builder git server router; do stop_part "$data" "$part"; done
  # A router ends without its HAProxy, so that a restart of it loses no request.
  platform_settings "$data"
  "$SLUICE_NODE" "$SLUICE_CHECKOUT/dist/router/main.js" stop || true
  stop_haproxy_processes "$data"
  stop_part "$data" redis
}

# Whatever HAProxy still runs by a configuration of this data folder.
stop_haproxy_processes() {
  local comm pid deadline=$((SECONDS + 10))
  for comm in /proc/[0-9]*/comm; do
    pid=${comm#/proc/}
    pid=${pid%/comm}
    [[ $(cat "$comm" 2>/dev/null) == haproxy ]] || continue
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$1/" || continue
    kill -TERM "$pid" 2>/dev/null || true
    while [[ -n $(start_time "$pid") ]]; do
      ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.05
    done
  done
}

# platform_purge DATA : removes the containers, networks, images and firewall rules of this installation.
platform_purge() {
  local data=$1
  [[ -f $data/journal.db ]] || return 0
  platform_settings "$data"
  timeout 300 "$SLUICE_NODE" "$SLUICE_CHECKOUT/dist/server/main.js" purge ||
    die 'the apps of this installation could not all be removed' "the data folder stays; run this again: $data"
}

# platform_status DATA : a line a part; exit status 1 when one does not run.
platform_status() {
  local data=$1 part pid status=0
  for part in "${PARTS[@]}"; do
    pid=$(recorded_pid "$data/run/platform/$part.pid")
    if [[ -n $pid ]]; then
      detail "$(printf '%-8s runs, pid %s, %s' "$part" "$pid" "$(resident "$pid")")"
    else
      detail "$(printf '%-8s does not run' "$part")"
      status=1
    fi
  done
  return "$status"
}

resident() { awk '/^VmRSS/ {printf "%.0f MB", $2 / 1024}' "/proc/$1/status"; }
