#!/usr/bin/env bash
# part-is-ready.sh PART : exit status 0 when the part that runs in this container can do its work. Asked every few
# seconds for as long as the container lives, so by programs that start at once.
set -euo pipefail

# status SOCKET PATH : the answer's body; fails for any answer that is no success.
status() { curl --fail --silent --show-error --max-time 4 --unix-socket "$SLUICE_DATA_DIR/run/$1" "http://localhost$2"; }

case $1 in
  redis) [[ $(redis-cli -s "$2" ping) == PONG ]] ;;
  router) [[ $(status router.sock /status) == *'"haproxy":{"up":true'* ]] ;;
  server) status server.sock /readyz ;;
  ssh)
    host=${SLUICE_SSH_BIND:-::}
    if [[ $host == :: || $host == 0.0.0.0 ]]; then host=localhost; fi
    exec 3<>"/dev/tcp/$host/${SLUICE_SSH_PORT:-2222}"
    read -rt 4 greeting <&3
    [[ $greeting == SSH-2.0-* ]]
    ;;
  # A builder that waits for work, or does some, holds its place at the queue open under this name.
  builder) redis-cli -s "$SLUICE_REDIS_URL" client list | grep -q " name=bull:$(printf sluice-builds | base64)" ;;
  *) exit 2 ;;
esac
