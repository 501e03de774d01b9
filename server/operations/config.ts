import type { ConfigEntries, ConfigEntry } from '../../core/config/entry.ts';
import { checkedConfig } from '../../core/config/limits.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import { type ChangedConfig, type ConfigDeps, type ConfigRelease, changeConfig } from './change-config.ts';

export interface ConfigChange extends ConfigRelease {
  /** null removes a key, also a secret. A key that is a secret stays one. */
  readonly values: Record<string, string | null>;
}

export function setConfig(
  deps: ConfigDeps,
  person: PersonRow,
  app: AppRow,
  { values, ...how }: ConfigChange,
): Promise<ChangedConfig> {
  return changeConfig(deps, person, app, {
    ...how,
    action: 'config.set',
    keys: Object.keys(values),
    edit: (entries) => checkedConfig(withValues(entries, values)),
  });
}

function withValues(entries: ConfigEntries, values: Record<string, string | null>): ConfigEntries {
  const edited = new Map<string, ConfigEntry>(Object.entries(entries));
  for (const [key, value] of Object.entries(values)) {
    const old = edited.get(key);
    if (value === null) edited.delete(key);
    else edited.set(key, { ...withoutDate(old), value });
  }
  return Object.fromEntries(edited);
}

function withoutDate(old: ConfigEntry | undefined): Omit<ConfigEntry, 'since'> {
  const { since: _since, ...entry } = old ?? { value: '', secret: false };
  return entry;
}
