import { reason, type Reason } from '../../core/reason.ts';
import type { Listener } from './listeners.ts';
import { describeProbe, type ProbeResult } from './probe.ts';

/** Why a replica is not ready, in words that say what to change. Pure. */

export interface Crash {
  readonly appName: string;
  /** Number of its release. */
  readonly release: number;
  /** `web.1` */
  readonly source: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly memoryBytes: number;
  /** Its last lines, oldest first. */
  readonly lines: readonly string[];
}

/** A replica that ended before it was ever ready. */
export function crashedOnStart(crash: Crash): Reason {
  const detail = [...exitFacts(crash), ...crash.lines];
  if (crash.oomKilled) {
    return reason(
      'oom_killed',
      `${crash.source} used more than its ${mebibytes(crash.memoryBytes)} of memory while it started`,
      `make it use less at its start, or ask the admin for a higher SLUICE_APP_MEMORY; all it wrote: sluice logs -r v${crash.release} -a ${crash.appName}`,
      detail,
    );
  }
  return reason(
    'crashed_on_start',
    crash.exitCode === 0
      ? `${crash.source} ended by itself before it was ready; a process must stay in the foreground`
      : `${crash.source} exited with code ${crash.exitCode}${meaning(crash.exitCode)} before it was ready`,
    `all it wrote: sluice logs -r v${crash.release} -a ${crash.appName}; what it was given: sluice config -a ${crash.appName}`,
    detail,
  );
}

/** A replica that was ready, ended, and is being started again by the engine. */
export function crashed(crash: Crash, restarts: number): Reason {
  return reason(
    crash.oomKilled ? 'oom_killed' : 'crashed',
    crash.oomKilled
      ? `${crash.source} used more than its ${mebibytes(crash.memoryBytes)} of memory; it is started again (restart ${restarts})`
      : `${crash.source} exited with code ${crash.exitCode}${meaning(crash.exitCode)}; it is started again (restart ${restarts})`,
    `what it wrote: sluice logs -r v${crash.release} -a ${crash.appName}`,
    [...exitFacts(crash), ...crash.lines],
  );
}

/**
 * The same for whoever reads of it later, when it may run again or be gone.
 * @param crash without an exit code when nobody saw how it ended
 */
export function lastCrash(
  crash: Omit<Crash, 'exitCode'> & { readonly exitCode: number | undefined },
): Reason {
  const { source, exitCode, lines } = crash;
  const hint = `what it wrote: sluice logs -r v${crash.release} -a ${crash.appName}`;
  if (crash.oomKilled) {
    return reason(
      'oom_killed',
      `${source} used more than its ${mebibytes(crash.memoryBytes)} of memory`,
      hint,
      lines,
    );
  }
  const how = exitCode === undefined ? 'ended by itself' : `exited with code ${exitCode}${meaning(exitCode)}`;
  return reason('crashed', `${source} ${how}`, hint, lines);
}

export interface NoHealth {
  readonly appName: string;
  /** Number of its release. */
  readonly release: number;
  readonly source: string;
  readonly port: number;
  readonly path: string;
  readonly seconds: number;
  readonly last: ProbeResult;
  /** What listens in the container; undefined when nobody could look. */
  readonly listeners: readonly Listener[] | undefined;
}

/** A `web` that runs but was never healthy within its time. */
export function neverHealthy(facts: NoHealth): Reason {
  return misplaced(facts) ?? unhealthy(facts, `within ${facts.seconds} s`);
}

/** A `web` that was healthy and is not any more. */
export function lostHealth(facts: NoHealth): Reason {
  return unhealthy(facts, 'any more');
}

function unhealthy(facts: NoHealth, when: string): Reason {
  return reason(
    'health_check_failed',
    `${facts.source} was not healthy ${when}: GET ${facts.path} on port ${facts.port} ${describeProbe(facts.last)}`,
    `any status below 500 counts; set web.health.path and timeout in sluice.yaml if another page should be asked; what it wrote: sluice logs -r v${facts.release} -a ${facts.appName}`,
    facts.listeners === undefined ? [] : [`listens on: ${describeListeners(facts.listeners)}`],
  );
}

/** The two most frequent mistakes, which a refused connection alone does not tell. */
function misplaced(facts: NoHealth): Reason | undefined {
  if (facts.listeners === undefined || facts.listeners.length === 0) return undefined;
  const own = facts.listeners.find((listener) => listener.port === facts.port);
  if (own?.loopbackOnly === true) {
    return reason(
      'listens_on_loopback',
      `${facts.source} listens on port ${facts.port}, but only on 127.0.0.1, where nothing outside its container reaches it`,
      'listen on 0.0.0.0 (often an option such as --host 0.0.0.0)',
    );
  }
  if (own !== undefined) return undefined;
  return reason(
    'wrong_port',
    `${facts.source} listens on ${describeListeners(facts.listeners)}, not on PORT=${facts.port}`,
    `read the port from the environment variable PORT, or write it into sluice.yaml (web: {port: ${facts.listeners[0]?.port ?? facts.port}})`,
  );
}

function describeListeners(listeners: readonly Listener[]): string {
  if (listeners.length === 0) return 'no port';
  return listeners
    .map(({ port, loopbackOnly }) => (loopbackOnly ? `127.0.0.1:${port}` : `${port}`))
    .join(', ');
}

function exitFacts(crash: Crash): string[] {
  const limit = crash.oomKilled ? `, out of memory at ${mebibytes(crash.memoryBytes)}` : '';
  return [`exit code ${crash.exitCode}${limit}`];
}

/** What a shell or the engine means by an exit code. */
function meaning(code: number): string {
  if (code === 126) return ' (found, but not executable)';
  if (code === 127) return ' (command not found)';
  if (code === 137) return ' (killed)';
  if (code === 139) return ' (segmentation fault)';
  if (code === 143) return ' (ended by SIGTERM)';
  return '';
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
