import type { Behaviour } from './workloads.ts';

/** What busybox does to behave so, whichever engine runs it. */
export const SERVE =
  'mkdir -p /tmp/www && echo "$SLUICE_RELEASE" >/tmp/www/index.html && exec httpd -f -p "$PORT" -h /tmp/www';

/** Reads a request's head, then answers by `status`, which `$head` may decide. */
export const answering = (status: string): string => `cat >/tmp/answer <<'END'
head=
while read -r line; do case "$line" in ?) break;; esac; head="$head $line"; done
printf 'HTTP/1.1 %s\\r\\nLocation: http://127.0.0.1:1/\\r\\nContent-Length: 0\\r\\n\\r\\n' "${status}"
END
exec nc -ll -p "$PORT" -e sh /tmp/answer`;

export const COMMANDS: Record<Behaviour, string> = {
  healthy: `echo "started $SLUICE_RELEASE"; ${SERVE}`,
  crashes: 'echo "started $SLUICE_RELEASE"; sleep 0.2; echo about to crash >&2; exit 7',
  'answers-503': `echo "started $SLUICE_RELEASE"; ${answering('503 Nope')}`,
};
