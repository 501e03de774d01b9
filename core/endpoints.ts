export interface Backend {
  readonly host: string;
  readonly port: number;
}

/** What a cluster says of one address of a Service. */
export interface Endpoint extends Backend {
  readonly ready: boolean;
  /** Its pod is about to end. */
  readonly terminating: boolean;
}

export interface Seen {
  /** What the server said last. */
  readonly told: readonly Backend[];
  /** What a live watch says; undefined: it says nothing of this release, or nobody watches. */
  readonly endpoints: readonly Endpoint[] | undefined;
  /** What the server said holds now: it is there, and has looked at the app. */
  readonly current: boolean;
  /** Where requests go now; empty when the server has told something else since that was so. */
  readonly used: readonly Backend[];
}

/**
 * Where a release's requests go. The server knows best, as it asks replicas over HTTP; but a replica that a node takes with
 * it is known to the cluster sooner, and while the server is away nobody else tells of those that came in its place.
 *
 * An empty answer of the cluster is as likely its own fault as the truth, so it takes nothing away: only the server, which
 * knows whether there should be replicas at all, can say that there are none.
 */
export function backendsOf({ told, endpoints = [], current, used }: Seen): readonly Backend[] {
  if (current && told.length === 0) return told;
  const staying = new Set(endpoints.filter(({ terminating }) => !terminating).map(key));
  const without = (backends: readonly Backend[]): readonly Backend[] =>
    backends.filter((backend) => staying.has(key(backend)));
  if (current && without(told).length > 0) return without(told);
  const ready = endpoints.filter((endpoint) => endpoint.ready && !endpoint.terminating);
  // Nobody has asked them over HTTP, but that is better than those that are gone.
  if (ready.length > 0) return ready.map(({ host, port }) => ({ host, port }));
  const lastGood = used.length > 0 ? used : told;
  return without(lastGood).length > 0 ? without(lastGood) : lastGood;
}

function key({ host, port }: Backend): string {
  return `${host} ${String(port)}`;
}
