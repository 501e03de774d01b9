import { PassThrough } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import type { Cluster } from '../api/cluster.ts';
import { parseListeners, type Listener } from '../../replicas/listeners.ts';
import { CONTAINER } from './objects/pod-spec.ts';
import type { PodPlace } from './pod-logs.ts';

/** For a table of some thousand sockets. */
const MOST_BYTES = 1024 * 1024;
const LONGEST_MS = 3_000;
const COMMAND = ['cat', '/proc/net/tcp', '/proc/net/tcp6'];

/** What listens inside a running pod, asked by its own `cat`. @returns undefined when it has none, or nobody can ask */
export async function listenersIn(
  cluster: Cluster,
  { namespace, name }: PodPlace,
): Promise<Listener[] | undefined> {
  const output = new PassThrough();
  const late = AbortSignal.timeout(LONGEST_MS);
  let text = '';
  try {
    const socket: unknown = await new Exec(cluster.config).exec(
      namespace,
      name,
      CONTAINER,
      COMMAND,
      output,
      new PassThrough().resume(),
      null,
      false,
    );
    const stop = (): void => {
      (socket as { close(): void }).close();
      output.end();
    };
    late.addEventListener('abort', stop);
    // `cat` is the image's own program, which may write without end, or never end.
    for await (const chunk of output) {
      text += (chunk as Buffer).toString('latin1');
      if (text.length > MOST_BYTES) break;
    }
    stop();
  } catch {
    return undefined;
  }
  return text.includes('local_address') ? parseListeners(text) : undefined;
}
