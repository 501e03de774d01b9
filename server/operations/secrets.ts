import { randomBytes } from 'node:crypto';
import type { ConfigEntries, ConfigEntry } from '../../core/config/entry.ts';
import { checkedConfig } from '../../core/config/limits.ts';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import { type ChangedConfig, type ConfigDeps, type ConfigRelease, changeConfig } from './change-config.ts';

export interface SecretsChange extends ConfigRelease {
  /** null removes a secret. A key that was no secret becomes one. */
  readonly values: Record<string, string | null>;
  /** Where those that are set are to be found; absent: as before, else in the environment. */
  readonly build?: boolean | undefined;
  readonly file?: boolean | undefined;
}

export interface SecretRotation extends ConfigRelease {
  readonly name: string;
  /** Absent: so many random bytes, which nobody sees, as base64url. */
  readonly value?: string | undefined;
  readonly generate?: number | undefined;
}

export function setSecrets(
  deps: ConfigDeps,
  person: PersonRow,
  app: AppRow,
  change: SecretsChange,
): Promise<ChangedConfig> {
  const { values, build, file, ...how } = change;
  return changeConfig(deps, person, app, {
    ...how,
    action: 'secret.set',
    keys: Object.keys(values),
    edit: (entries) => {
      const edited = new Map(Object.entries(entries));
      for (const [key, value] of Object.entries(values)) {
        if (value !== null) edited.set(key, secretEntry(value, edited.get(key), { build, file }));
        else if (edited.has(key)) edited.delete(requireSecret(app, entries, key));
      }
      return checkedConfig(Object.fromEntries(edited));
    },
  });
}

export function rotateSecret(
  deps: ConfigDeps,
  person: PersonRow,
  app: AppRow,
  { name, value, generate, ...how }: SecretRotation,
): Promise<ChangedConfig> {
  const next = value ?? randomBytes(generate ?? GENERATED_BYTES).toString('base64url');
  return changeConfig(deps, person, app, {
    ...how,
    action: 'secret.rotate',
    keys: [name],
    description: `Rotate ${name}`,
    edit: (entries) => {
      const old = entries[requireSecret(app, entries, name)];
      if (old?.value === next) throw sameValue(app, name);
      return checkedConfig({ ...entries, [name]: secretEntry(next, old, {}) });
    },
  });
}

const GENERATED_BYTES = 32;

function secretEntry(
  value: string,
  old: ConfigEntry | undefined,
  asked: Pick<SecretsChange, 'build' | 'file'>,
): ConfigEntry {
  const build = asked.build ?? old?.build ?? false;
  const file = asked.file ?? old?.file ?? false;
  return { value, secret: true, ...(build ? { build } : {}), ...(file ? { file } : {}) };
}

/** @throws Refusal 404 when it is not there, 409 when it is no secret */
function requireSecret({ name: app }: AppRow, entries: ConfigEntries, key: string): string {
  const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
  if (entry?.secret === true) return key;
  if (entry) {
    throw new Refusal(
      409,
      'not_a_secret',
      `${key} is no secret of ${app}, but plain config`,
      `to make it one: sluice secrets:set ${key} -a ${app}; to remove it: sluice config:unset ${key} -a ${app}`,
    );
  }
  throw new Refusal(404, 'secret_not_found', `${app} has no secret ${key}`, `sluice secrets -a ${app}`);
}

function sameValue({ name: app }: AppRow, key: string): Refusal {
  return new Refusal(
    409,
    'secret_unchanged',
    `that is the value which ${key} has already: nothing was rotated`,
    `give another one, or let the platform make it: sluice secrets:rotate ${key} --generate -a ${app}`,
  );
}
