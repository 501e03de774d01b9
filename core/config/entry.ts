/** One key of an app's config. */
export interface ConfigEntry {
  readonly value: string;
  /** Never shown again: no route, log or event has its value. */
  readonly secret: boolean;
  /** Given to builds, as a BuildKit secret mount, and not to the environment of containers. */
  readonly build?: boolean;
  /** Given to containers as a file, and not in their environment. */
  readonly file?: boolean;
  /** The config version that gave it this value; absent: from before that was written down. */
  readonly since?: number;
}

export type ConfigEntries = Readonly<Record<string, ConfigEntry>>;

/** Where containers and builds find an entry. */
export type ConfigKind = 'env' | 'build' | 'file';

export function kindsOf({ build = false, file = false }: ConfigEntry): ConfigKind[] {
  if (!build && !file) return ['env'];
  return [...(build ? (['build'] as const) : []), ...(file ? (['file'] as const) : [])];
}

/** What is in the environment of an app's containers. */
export function environmentOf(entries: ConfigEntries): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, entry]) =>
      kindsOf(entry).includes('env') ? [[key, entry.value]] : [],
    ),
  );
}

/** What containers are given, and how: all but what only builds use. Whether it is shown to people is no difference. */
export function givenToContainers(entries: ConfigEntries): ConfigEntries {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, { value, file = false, build = false }]) =>
      build && !file ? [] : [[key, { value, secret: false, file }]],
    ),
  );
}

export function isSameEntry(a: ConfigEntry | undefined, b: ConfigEntry | undefined): boolean {
  if (!a || !b) return a === b;
  return a.value === b.value && a.secret === b.secret && String(kindsOf(a)) === String(kindsOf(b));
}

/** Whenever each was set is no difference. */
export function isSameConfig(a: ConfigEntries, b: ConfigEntries): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSameEntry(a[key], b[key]));
}
