#!/bin/sh
# supervise.sh NAME PIDS LOG COMMAND… : keeps one part of the platform running; about 1 MB of memory.
# Writes `PID STARTTIME` of the part to PIDS/NAME.pid, its output to LOG. Ends the part on TERM.
set -u
name=$1 pids=$2 log=$3
shift 3
delay=0 child='' stopping=''

stop() {
  stopping=yes
  [ -n "$child" ] && kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT
trap '' HUP

start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
note() { echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) supervisor: $name $*" >>"$log"; }

while [ -z "$stopping" ]; do
  # A log that grew too long is kept once.
  if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 10485760 ]; then mv "$log" "$log.1"; fi
  begun=$(date +%s)
  "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  echo "$child $(start_time "$child")" >"$pids/$name.pid"
  # A signal ends `wait` early: wait again until the child is really gone.
  while :; do
    wait "$child"
    status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  [ -n "$stopping" ] && break
  # Restart at once when it ran for a while; slow down when it dies as it starts.
  if [ $(($(date +%s) - begun)) -ge 10 ]; then delay=0; fi
  note "ended with status $status; starting again in $delay s"
  if [ "$delay" -gt 0 ]; then
    sleep "$delay" &
    child=$!
    wait "$child"
    child=''
  fi
  if [ "$delay" -lt 5 ]; then delay=$((delay + 1)); fi
done
rm -f "$pids/$name.pid"
