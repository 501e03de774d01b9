# shellcheck shell=bash
# Processes that we started, known by a file that holds `PID STARTTIME`: a number alone may belong to somebody
# else by now.

# start_time PID : ticks after boot, or nothing when there is no such process.
start_time() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  # The name in parentheses may hold spaces and parentheses itself.
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} == Z ]] || echo "${stat[19]}"
}

# record_process FILE PID
record_process() { echo "$2 $(start_time "$2")" >"$1"; }

# recorded_pid FILE : the process's number while it is that process, else nothing.
recorded_pid() {
  local pid started
  [[ -r $1 ]] && read -r pid started <"$1" || return 0
  [[ -n $pid && -n $started && $(start_time "$pid") == "$started" ]] && echo "$pid"
  return 0
}

# stop_recorded FILE SECONDS : TERM, and KILL once the time is over. Removes the file.
stop_recorded() {
  local pid deadline=$((SECONDS + $2))
  pid=$(recorded_pid "$1")
  if [[ -n $pid ]]; then
    kill -TERM "$pid" 2>/dev/null || true
    while [[ -n $(recorded_pid "$1") ]]; do
      if ((SECONDS >= deadline)); then
        kill -KILL "$pid" 2>/dev/null || true
      fi
      sleep 0.05
    done
  fi
  rm -f "$1"
}
