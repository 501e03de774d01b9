/** Where an outgoing request is to go, after all that can be said without the network. */
export interface Place {
  /** With the colon, as `https:`. */
  readonly protocol: string;
  /** Without brackets, in lower case. */
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'ssh:': 22 };
/** What a name without a scheme stands for in an admin's list: what hides what is sent. */
const PROTECTED = new Set(['https:', 'ssh:']);

/**
 * Whether an admin's list names a place.
 * @param list entries as `host` (https and ssh at their own ports), `host:port` (https or ssh there), or whole as
 *   `http://10.0.0.5:3000`
 */
export function isNamed(place: Place, list: readonly string[]): boolean {
  return list.some((entry) => names(entry, place));
}

function names(entry: string, place: Place): boolean {
  const whole = entry.includes('://');
  const url = URL.canParse(whole ? entry : `https://${entry}`)
    ? new URL(whole ? entry : `https://${entry}`)
    : undefined;
  if (url === undefined || bare(url.hostname) !== place.host) return false;
  if (whole) return url.protocol === place.protocol && portOf(url) === place.port;
  if (!PROTECTED.has(place.protocol)) return false;
  // An https URL hides its default port, which may have been written.
  const written = /:(\d+)$/.exec(entry)?.[1];
  return place.port === (written === undefined ? DEFAULT_PORTS[place.protocol] : Number(written));
}

export function placeOf(url: URL): Place | undefined {
  const port = portOf(url);
  if (port === undefined || url.hostname === '') return undefined;
  return { protocol: url.protocol, host: bare(url.hostname), port };
}

/** How an admin's list names a place. */
export function entryOf({ protocol, host, port }: Place): string {
  const written = host.includes(':') ? `[${host}]` : host;
  if (!PROTECTED.has(protocol)) return `${protocol}//${written}:${port}`;
  return port === DEFAULT_PORTS[protocol] ? written : `${written}:${port}`;
}

function portOf(url: URL): number | undefined {
  return url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
}

function bare(hostname: string): string {
  return hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}
