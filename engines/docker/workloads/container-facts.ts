import type Docker from 'dockerode';
import { unless } from '../client.ts';
import { containerLog } from './container-logs.ts';
import { parseListeners, type Listener } from '../../replicas/listeners.ts';
import { frames } from './frames.ts';
import { listenersOf } from './process-listeners.ts';

/** The part of an inspection that a replica's state is made of. */
export interface ContainerFacts {
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly restarts: number;
  /** Milliseconds since 1970; 0 when it never started. */
  readonly startedAt: number;
  /** Milliseconds since 1970; 0 when it never ended. */
  readonly finishedAt: number;
  /** The engine keeps it up: it was ready once. */
  readonly keptUp: boolean;
}

/** @returns undefined when the container is gone */
export async function inspect(container: Docker.Container): Promise<ContainerFacts | undefined> {
  const seen = await unless([404], container.inspect());
  if (seen === undefined) return undefined;
  const policy = seen.HostConfig.RestartPolicy?.Name;
  return {
    status: seen.State.Status as ContainerFacts['status'],
    pid: seen.State.Pid,
    exitCode: seen.State.ExitCode,
    oomKilled: seen.State.OOMKilled,
    restarts: seen.RestartCount,
    startedAt: instant(seen.State.StartedAt),
    finishedAt: instant(seen.State.FinishedAt),
    keptUp: policy !== undefined && policy !== 'no' && policy !== '',
  };
}

/** "0001-01-01T00:00:00Z" means never. */
function instant(text: string): number {
  return Math.max(0, Date.parse(text) || 0);
}

const LAST_LINES = 20;
const LONGEST_SHOWN = 500;
/** Read from the end, as a process that was started again may have written many lines since. */
const READ_LINES = 500;
/** Milliseconds that the engine waits at least before it starts a container again. */
const RESTART_AFTER = 100;

/** The last lines that a container wrote before it last ended, oldest first; none when the engine does not give them. */
export async function lastLines(container: Docker.Container, facts: ContainerFacts): Promise<string[]> {
  // The start that the engine tells may be later than the first lines, and a restart may come while we read.
  // Not by the policy, which may be another by now: one whose change fails as the container dies is as it was before.
  const end = facts.status === 'exited' ? Number.POSITIVE_INFINITY : facts.finishedAt + RESTART_AFTER;
  const lines: string[] = [];
  try {
    for await (const line of containerLog(container, { tail: READ_LINES })) {
      if (line.at >= end) break;
      lines.push(line.text.length > LONGEST_SHOWN ? `${line.text.slice(0, LONGEST_SHOWN)}…` : line.text);
      // Those read can be long.
      if (lines.length > LAST_LINES) lines.shift();
    }
  } catch {
    // They only explain; without them the reason itself still stands.
  }
  return lines;
}

/**
 * What listens inside a running container: from this host's /proc, else asked in the container itself.
 * @returns undefined when neither works
 */
export async function listenersIn(container: Docker.Container, pid: number): Promise<Listener[] | undefined> {
  try {
    return await listenersOf(container.id, pid);
  } catch {
    return listenersByExec(container).catch(() => undefined);
  }
}

/** For a table of some thousand sockets. */
const LISTENERS_BYTES = 1024 * 1024;
const LISTENERS_MS = 3_000;

async function listenersByExec(container: Docker.Container): Promise<Listener[]> {
  const exec = await container.exec({
    Cmd: ['cat', '/proc/net/tcp', '/proc/net/tcp6'],
    AttachStdout: true,
    AttachStderr: true,
  });
  const table: Buffer[] = [];
  let bytes = 0;
  // `cat` is the image's own program, which may write without end, or never end.
  const stream = await exec.start({});
  const late = setTimeout(() => stream.destroy(), LISTENERS_MS);
  try {
    for await (const frame of frames(stream)) {
      if (frame.stream === 'stdout') table.push(frame.data);
      bytes += frame.data.length;
      if (bytes > LISTENERS_BYTES) break;
    }
  } finally {
    clearTimeout(late);
    stream.destroy();
  }
  const text = Buffer.concat(table).toString('latin1');
  if (!text.includes('local_address')) throw new Error('the container has no cat to read /proc with');
  return parseListeners(text);
}
