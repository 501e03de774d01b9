import { type ConfigEntries, isSameEntry } from '../core/config/entry.ts';

export interface ConfigChanges {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

/** Which keys differ between two versions of a config, each list sorted. Values stay here. */
export function configChanges(before: ConfigEntries, after: ConfigEntries): ConfigChanges {
  const has = (entries: ConfigEntries, key: string): boolean => Object.hasOwn(entries, key);
  const keys = Object.keys(after).sort();
  return {
    added: keys.filter((key) => !has(before, key)),
    changed: keys.filter((key) => has(before, key) && !isSameEntry(before[key], after[key])),
    removed: Object.keys(before)
      .filter((key) => !has(after, key))
      .sort(),
  };
}
