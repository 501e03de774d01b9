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

/** One line for people, such as `Set A, B; Unset C`, of at most 200 characters, and the keys it is about. */
export function describeChange(
  before: ConfigEntries,
  after: ConfigEntries,
): { text: string; keys: string[] } {
  const { added, changed, removed } = configChanges(before, after);
  const set = Object.keys(after).filter((key) => added.includes(key) || changed.includes(key));
  const parts = [
    set.length > 0 && `Set ${set.join(', ')}`,
    removed.length > 0 && `Unset ${removed.join(', ')}`,
  ];
  return { text: parts.filter(Boolean).join('; ').slice(0, 200), keys: [...set, ...removed] };
}
