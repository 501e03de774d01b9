# shellcheck shell=bash
# The Docker engine: the one that answers, else a private dockerd of ours under a state folder, which leaves
# nothing behind when it is stopped.
#
# Sets and exports DOCKER_HOST and SLUICE_DOCKER_SOCKET.

# docker_engine STATE USER [SOCKET] : USER names who needs it, so that the last one to leave stops it. A private engine
# answers at SOCKET too, if one is named.
docker_engine() {
  local state=$1 user=$2 socket
  if use_answering_engine "$user"; then return; fi
  ((EUID == 0)) || die 'no Docker engine answers, and starting one needs root' \
    "start Docker and be in its group (sudo usermod -aG docker $(id -un), then log in again), or run this as root"
  PATH=$PATH:/usr/sbin:/sbin command -v dockerd >/dev/null || die 'dockerd is not installed' 'apt-get install docker.io'
  lock_engine "$state"
  # Somebody else may have started one while we waited.
  if ! engine_answers "$state/docker.sock"; then start_private_engine "$state" "${3:-}"; fi
  register_user "$state" "$user"
  unlock_engine
  use_socket "$state/docker.sock"
}

# use_answering_engine USER : fails when none answers.
use_answering_engine() {
  local socket state
  while socket=$(answering_socket); do
    # It may be a private one of ours that somebody else started, and is about to stop.
    state=$(private_state_of "$socket")
    if [[ -n $state ]]; then
      lock_engine "$state"
      if ! engine_answers "$socket"; then
        unlock_engine
        continue
      fi
      register_user "$state" "$1"
      unlock_engine
    fi
    use_socket "$socket"
    return
  done
  return 1
}

# lock_engine STATE : one of us at a time starts a private engine, says that it uses it, or leaves it. The file stays
# beside the state, as whoever waits for it has it open.
lock_engine() {
  mkdir -p "$(dirname "$1")"
  exec 6>>"$1.lock"
  flock 6
}

unlock_engine() { exec 6>&-; }

# engine_answers SOCKET
engine_answers() { [[ -S $1 ]] && DOCKER_HOST=unix://$1 timeout 10 docker version >/dev/null 2>&1; }

use_socket() {
  export SLUICE_DOCKER_SOCKET=$1
  export DOCKER_HOST=unix://$1
}

# answering_socket : path of the socket of an engine that answers us.
answering_socket() {
  local candidate
  command -v docker >/dev/null || return 1
  while read -r candidate; do
    if engine_answers "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done < <(candidate_sockets)
  return 1
}

# Where a person's docker client would go, then the usual place, then what each dockerd that runs was told.
candidate_sockets() {
  local host pid
  host=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || true)}
  case $host in
    unix://*) echo "${host#unix://}" ;;
    ?*) die "the Docker engine at $host is not on this machine" 'unset DOCKER_HOST, or give it a unix:// socket' ;;
  esac
  echo /var/run/docker.sock
  for pid in $(dockerd_pids); do
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | sed -n 's/^\(--host=\|-H=\?\)\?unix:\/\///p'
  done
}

dockerd_pids() { grep -lsx dockerd /proc/[0-9]*/comm | cut -d/ -f3; }

# private_state_of SOCKET : our state folder, when the engine that listens there is a private one of ours.
private_state_of() {
  local pid state
  for pid in $(dockerd_pids); do
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "unix://$1" || continue
    state=$(tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n '/^--data-root$/{n;s/\/data$//p;}')
    if [[ -f $state/sluice-engine ]]; then echo "$state"; fi
  done
}

register_user() {
  mkdir -p "$1/users"
  echo "$2" >"$1/users/$(printf '%s' "$2" | cksum | cut -d' ' -f1)"
}

start_private_engine() {
  local state=$1 hosts=(--host "unix://$1/docker.sock") pid deadline
  if [[ -n $2 ]]; then hosts+=(--host "unix://$2"); fi
  if ((${#state} > 60)); then
    die "the folder $state has too long a name for the sockets in it" 'move the checkout to a shorter path'
  fi
  say "Starting a Docker engine of our own (state in $state)"
  mkdir -p "$state"
  touch "$state/sluice-engine"
  remember_machine "$state"
  mount_cgroups
  echo '{}' >"$state/daemon.json"
  # Unless told otherwise, BuildKit cuts a step's output at 2 MB or 200 KB a second, and failing lines come last.
  # A number and not -1, of which older engines make no output at all.
  # It may outlive whoever starts it, and with them their folder for temporary files.
  env -u TMPDIR BUILDKIT_STEP_LOG_MAX_SIZE=1000000000 BUILDKIT_STEP_LOG_MAX_SPEED=1000000000 setsid dockerd \
    --config-file "$state/daemon.json" --data-root "$state/data" --exec-root "$state/exec" \
    --pidfile "$state/dockerd.pid" "${hosts[@]}" \
    </dev/null >"$state/dockerd.log" 2>&1 9>&- 8>&- 7>&- 6>&- &
  pid=$!
  record_process "$state/process" "$pid"
  deadline=$((SECONDS + 30))
  until DOCKER_HOST=unix://$state/docker.sock docker version >/dev/null 2>&1; do
    if [[ -z $(recorded_pid "$state/process") ]] || ((SECONDS >= deadline)); then
      tail -n 15 "$state/dockerd.log" >&2
      stop_private_engine "$state"
      die 'the Docker engine did not start' 'its last lines are above'
    fi
    sleep 0.1
  done
}

# A container may have no cgroup hierarchies mounted; dockerd needs them.
mount_cgroups() {
  if ! grep -q ' cgroup' /proc/self/mounts; then
    die 'no cgroups are mounted here, and a Docker engine needs them' 'mount -t cgroup2 none /sys/fs/cgroup'
  fi
}

# remember_machine STATE : what dockerd is going to change, so that it can be put back.
remember_machine() {
  local state=$1 path
  [[ -f $state/before ]] && return
  {
    echo "ip_forward=$(cat /proc/sys/net/ipv4/ip_forward)"
    echo "forward=$(forward_policy iptables)"
    echo "forward6=$(forward_policy ip6tables)"
    for path in /etc/docker /etc/docker/key.json /run/docker /run/containerd /run/runc /opt/containerd /var/lib/docker \
      /run/docker.sock; do
      if [[ -e $path ]]; then echo "had=$path"; fi
    done
  } >"$state/before"
}

forward_policy() { "$1" -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p'; }

# leave_docker_engine STATE USER : stops a private engine (that of STATE, or the one that was in use) once nobody
# uses it.
leave_docker_engine() {
  local state user=$2
  for state in "$1" $(private_state_of "${SLUICE_DOCKER_SOCKET:-}"); do
    [[ -f $state/before ]] || continue
    lock_engine "$state"
    rm -f "$state/users/$(printf '%s' "$user" | cksum | cut -d' ' -f1)"
    forget_gone_users "$state"
    if [[ -n $(ls -A "$state/users" 2>/dev/null) ]]; then
      detail "the Docker engine in $state stays: $(cat "$state"/users/* | paste -sd, -) uses it"
    else
      stop_private_engine "$state"
    fi
    unlock_engine
  done
}

# Users that ended without saying so: a test run's process, a demo's folder.
forget_gone_users() {
  local entry user
  for entry in "$1"/users/*; do
    [[ -f $entry ]] || continue
    user=$(<"$entry")
    case $user in
      'test '*) [[ -d /proc/${user#test } ]] || rm -f "$entry" ;;
      *) [[ -d $user/.sluice ]] || rm -f "$entry" ;;
    esac
  done
}

# stop_private_engine STATE : ends it and takes its traces from the machine; images stay in STATE/data.
stop_private_engine() {
  local state=$1 mounted path
  stop_recorded "$state/process" 30
  stop_left_shims "$state"
  while read -r mounted; do
    umount --lazy "$mounted" 2>/dev/null || true
  done < <(awk -v state="$state/" 'index($2, state) == 1 {print $2}' /proc/self/mounts | sort -r)
  # Two engines share the machine's tables: what another one runs by is not ours to remove.
  if [[ -z $(dockerd_pids) ]]; then remove_docker_network; fi
  if [[ -f $state/before ]]; then
    restore_forwarding "$state"
    for path in /etc/docker/key.json /etc/docker /run/docker /run/containerd /run/runc /opt/containerd /var/lib/docker \
      /run/docker.sock; do
      if ! grep -qx "had=$path" "$state/before"; then rm -rf "$path"; fi
    done
  fi
  rm -rf "$state/before" "$state/exec" "$state/docker.sock" "$state/dockerd.pid" "$state/daemon.json" "$state/users"
}

# A dockerd that was killed leaves containerd and its shims; all of them name our state folder.
stop_left_shims() {
  local cmdline pid
  for cmdline in /proc/[0-9]*/cmdline; do
    pid=${cmdline#/proc/}
    pid=${pid%/cmdline}
    if tr '\0' ' ' 2>/dev/null <"$cmdline" | grep -q "^[^ ]*\(containerd\|containerd-shim[^ ]*\|docker-proxy\) .*$1/"; then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}

remove_docker_network() {
  local command table rule chain link
  for command in iptables ip6tables; do
    for table in filter nat raw mangle; do
      "$command" -t "$table" -S 2>/dev/null | sed -nE '/^-A .*(DOCKER|docker0|br-[0-9a-f]{12})/s/^-A/-D/p' |
        while read -r rule; do xargs "$command" -t "$table" <<<"$rule" 2>/dev/null || true; done
      for chain in $("$command" -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER[^ ]*\)$/\1/p'); do
        "$command" -t "$table" -F "$chain"
      done
      for chain in $("$command" -t "$table" -S 2>/dev/null | sed -n 's/^-N \(DOCKER[^ ]*\)$/\1/p'); do
        "$command" -t "$table" -X "$chain" || true
      done
    done
  done
  for link in /sys/class/net/docker0 /sys/class/net/br-*; do
    link=${link##*/}
    if [[ $link =~ ^(docker0|br-[0-9a-f]{12})$ ]]; then ip link delete "$link" 2>/dev/null || true; fi
  done
}

restore_forwarding() {
  local policy
  policy=$(sed -n 's/^forward=//p' "$1/before")
  iptables -P FORWARD "${policy:-ACCEPT}" 2>/dev/null || true
  policy=$(sed -n 's/^forward6=//p' "$1/before")
  ip6tables -P FORWARD "${policy:-ACCEPT}" 2>/dev/null || true
  # The cluster of scripts/cluster needs it as long as it is there.
  if [[ ! -d /sys/class/net/sluice-k8s ]]; then
    sed -n 's/^ip_forward=//p' "$1/before" >/proc/sys/net/ipv4/ip_forward || true
  fi
}
