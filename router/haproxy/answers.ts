/** Readers of what HAProxy's runtime API answers. */

/** Running totals of one backend since its process started. */
export interface BackendStat {
  readonly requests: number;
  readonly errors5xx: number;
  /** Answers that the replica broke off. */
  readonly aborts: number;
  /** Requests and upgraded connections open now. */
  readonly active: number;
}

export const SHOW_BACKENDS = 'show stat -1 2 -1';

/** `show stat`, the rows of backends: name → numbers. */
export function readBackends(answer: string): Map<string, BackendStat> {
  const [head = '', ...lines] = answer.split('\n');
  const columns = head.replace(/^# /, '').split(',');
  const at = (name: string): number => {
    const index = columns.indexOf(name);
    if (index === -1) throw new Error(`HAProxy's statistics have no column ${name}`);
    return index;
  };
  const [name, requests, errors, aborts, active] = ['pxname', 'req_tot', 'hrsp_5xx', 'srv_abrt', 'scur'].map(
    at,
  ) as [number, number, number, number, number];
  const backends = new Map<string, BackendStat>();
  for (const line of lines) {
    const cells = line.split(',');
    const backend = cells[name];
    if (backend === undefined || backend === '') continue;
    backends.set(backend, {
      requests: Number(cells[requests]),
      errors5xx: Number(cells[errors]),
      aborts: Number(cells[aborts]),
      active: Number(cells[active]),
    });
  }
  return backends;
}

/** `show map`: key → value. */
export function readMap(answer: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of answer.split('\n')) {
    const [, key, value] = line.split(' ');
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return entries;
}

/** `show servers state`: backend → server → does it take requests? */
export function readServers(answer: string): Map<string, Map<string, 'ready' | 'leaving'>> {
  const slots = new Map<string, Map<string, 'ready' | 'leaving'>>();
  for (const line of answer.split('\n')) {
    const [, backend, , server, , , adminState] = line.split(' ');
    if (line.startsWith('#') || backend === undefined || server === undefined) continue;
    const servers = slots.get(backend) ?? new Map<string, 'ready' | 'leaving'>();
    servers.set(server, adminState === '0' ? 'ready' : 'leaving');
    slots.set(backend, servers);
  }
  return slots;
}

/** `show info`: field → value. */
export function readInfo(answer: string): Map<string, string> {
  return new Map(
    answer.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
}
