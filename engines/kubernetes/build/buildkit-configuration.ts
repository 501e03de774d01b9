import type { RegistrySettings } from '../registry/registry.ts';

/** buildkitd.toml: where registries are. */
export function buildkitConfiguration({ mirrors, plainHttp }: RegistrySettings): string {
  const hosts = new Set([...Object.keys(mirrors), ...plainHttp]);
  const tables = [...hosts].map((host) => {
    const places = mirrors[host];
    return [
      `[registry.${JSON.stringify(host)}]`,
      ...(places === undefined ? [] : [`  mirrors = ${JSON.stringify(places)}`]),
      ...(plainHttp.includes(host) ? ['  http = true'] : []),
      '',
    ].join('\n');
  });
  return tables.join('\n');
}

const UNITS = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
]);
/** Of a volume; the rest is for what one build needs beside it. */
const CACHE_SHARE = 0.7;

/**
 * How much of a volume the cache may fill between builds, in bytes.
 * @param size as Kubernetes writes it: `10Gi`; undefined for one that is written otherwise
 */
export function cacheBytes(size: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(size) ?? [];
  const bytes = Number(number) * (UNITS.get(unit) ?? 0) * CACHE_SHARE;
  return bytes > 0 ? Math.floor(bytes) : undefined;
}
