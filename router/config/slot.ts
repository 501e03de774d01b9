/**
 * What a server line and the runtime command `add server` both say. Short-lived idle connections: an app's own
 * keep-alive time (5 s in Node) must not end first, or a request could meet a connection that is being closed. Both must
 * be said: a server that is added at run time has 0 for either, which is a new connection for every request.
 */
export const SERVER_OPTIONS = 'pool-max-conn -1 pool-purge-delay 1s';

/** One slot's file: the backend of one release. */
export function renderSlot(slot: string, servers: ReadonlyMap<string, string>): string {
  const lines = [...servers].map(([name, address]) => `  server ${name} ${address} ${SERVER_OPTIONS}\n`);
  return `backend ${slot}\n${lines.join('')}`;
}

/** A map file: a key and a value a line. */
export function renderMap(entries: ReadonlyMap<string, string>): string {
  return [...entries].map(([key, value]) => `${key} ${value}\n`).join('');
}
