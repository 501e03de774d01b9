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
  /** Where requests go now. */
  readonly used: readonly Backend[];
}

/**
 * Where a release's requests go. The server knows best, as it asks replicas over HTTP; but a replica that a node takes with
 * it is known to the cluster sooner, and while the server is away nobody else tells of those that came in its place.
 *
 * An empty answer of the cluster is as likely its own fault as the truth, so it takes nothing away: only the server, which
 * knows whether there should be replicas at all, can say that there are none.
 */
export function backendsOf({ told, endpoints, current, used }: Seen): readonly Backend[] {
  if (current && told.length === 0) return told;
  if (current) return left(told, endpoints ?? []);
  const ready = (endpoints ?? []).filter((endpoint) => endpoint.ready && !endpoint.terminating);
  if (ready.length > 0) return ready.map(({ host, port }) => ({ host, port }));
  return left(used.length > 0 ? used : told, endpoints ?? []);
}

/** Without those that are gone or end; all of them when none would be left. */
function left(backends: readonly Backend[], endpoints: readonly Endpoint[]): readonly Backend[] {
  const staying = new Set(endpoints.filter(({ terminating }) => !terminating).map(key));
  const kept = backends.filter((backend) => staying.has(key(backend)));
  return kept.length > 0 ? kept : backends;
}

function key({ host, port }: Backend): string {
  return `${host} ${String(port)}`;
}
