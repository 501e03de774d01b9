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
