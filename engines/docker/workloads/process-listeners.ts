import { readFile } from 'node:fs/promises';
import { parseListeners, type Listener } from '../../replicas/listeners.ts';

/**
 * What the network namespace of a container's process listens on. Where this process is in a container of its own,
 * the number that the engine gives is another process's here: the control group tells whose it is.
 * @throws when /proc does not show that process (another machine, no right, another's number)
 */
export async function listenersOf(containerId: string, pid: number): Promise<Listener[]> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'latin1');
  if (!groups.includes(containerId)) throw new Error(`process ${pid} is not of container ${containerId}`);
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'latin1')),
  );
  return parseListeners(tables.join('\n'));
}
