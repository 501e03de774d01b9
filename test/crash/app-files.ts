import { randomBytes, randomUUID } from 'node:crypto';

export interface AppKind {
  /** false: its tests fail. */
  readonly passes: boolean;
  /** Its Procfile has a `release:` command. */
  readonly releasePhase?: boolean;
  /** `well` walks the steps to the end, `ill` answers with 500 and must be taken back; absent: no canary. */
  readonly canary?: 'well' | 'ill';
  /** Bytes that its tests print. */
  readonly noise?: number;
  /** Bytes that nothing compresses, so that receiving them takes a moment. */
  readonly ballast?: number;
}

/** Short, for the steady traffic there is; and no step is ever passed by probes alone. */
const POLICY = '{steps: [25, 50], bake: 2s, min_requests: 10, max_wait: 60s, on_no_data: rollback, keep: 0s}';

/**
 * An app that takes a moment at every step, so that faults fall into it, and whose page tells its release, the commit it
 * was built from (by a token that is in the image) and the config value SETTING.
 */
export function appFiles(kind: AppKind, token: string): Record<string, string> {
  return {
    Dockerfile: `FROM busybox:1 AS test
COPY . /app
RUN sleep 1; ${noise(kind.noise)}grep -qx good /app/checks
FROM busybox:1
COPY token ill.cgi /
RUN chmod 755 /ill.cgi; sleep 0.6; cat /token
USER 1000
EXPOSE 8080
`,
    checks: kind.passes ? 'good\n' : 'bad\n',
    token,
    'ill.cgi': ILL_CGI,
    Procfile: [
      `web: ${kind.canary === 'ill' ? ILL : WELL}`,
      'worker: exec sleep 1000000',
      ...(kind.releasePhase === true ? ['release: sleep 1; echo migrated'] : []),
      '',
    ].join('\n'),
    'sluice.yaml': `web: {grace: 1s, health: {path: /health, timeout: 60s}}\ncanary: ${kind.canary === undefined ? 'off' : POLICY}\n`,
    // Not in the commits that come after it.
    ballast: kind.ballast === undefined ? '' : randomBytes(kind.ballast).toString('base64'),
  };
}

export function newToken(): string {
  return randomUUID();
}

function noise(bytes: number | undefined): string {
  return bytes === undefined ? '' : `yes 'a line of a test that talks a lot' | head -c ${bytes}; echo; `;
}

/** Starts and stops slowly; serves while it stops. */
const BEGIN = 'sleep 0.6; mkdir -p /tmp/www/cgi-bin; echo ok > /tmp/www/health';
const SERVE = `trap 'sleep 0.7; exit 0' TERM; httpd -f -p $PORT -h /tmp/www & wait`;
const WELL = `${BEGIN}; echo "v=$SLUICE_RELEASE t=$(cat /token) s=$SETTING" > /tmp/www/index.html; ${SERVE}`;
/** Healthy by its own word, and every page is an error: busybox runs this for `/` where there is no index.html. */
const ILL = `${BEGIN}; cp /ill.cgi /tmp/www/cgi-bin/index.cgi; ${SERVE}`;
const ILL_CGI = `#!/bin/sh
printf 'Status: 500 Ill\\r\\n\\r\\nv=%s t=%s s=%s\\n' "$SLUICE_RELEASE" "$(cat /token)" "$SETTING"
`;
