#!/usr/bin/env bash
# forward.sh NAMESPACE SERVICE PORT : brings a Service to the same port of this machine until it is ended.
set -uo pipefail
trap 'kill "${child:-}" 2>/dev/null; exit 0' TERM INT
while :; do
  kubectl port-forward --namespace "$1" "service/$2" "$3:$3" &
  child=$!
  wait "$child"
  sleep 0.5
done
