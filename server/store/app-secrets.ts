import type { SecretsOfApps } from '../redaction/redactors.ts';
import type { Configs, SecretValue } from './config.ts';

/** Where secrets of an app are beside its config. */
export interface SecretRoom {
  /** As they are in the journal now. @param appId null: of the platform itself */
  secretsOf(appId: string | null): readonly SecretValue[];
  /** Apps that have any; null among them: the platform itself. */
  holders(): readonly (string | null)[];
}

/** Asked before a room of secrets changes for an app, null: for the platform itself. */
export type BeforeChange = (appId: string | null) => void;

/** In place of the id of an app: what belongs to none. */
const PLATFORM = '';

interface Known {
  /** When it was read. */
  readonly revision: number;
  readonly values: ReadonlyMap<string, SecretValue>;
}

interface Joined {
  readonly parts: readonly (readonly SecretValue[])[];
  readonly values: readonly SecretValue[];
}

/**
 * Every secret that the platform holds for an app: of its config, of its linked repository, of its hooks and of where its
 * events go. They are only read again when they may have changed, as redaction asks at each line of a log. A value that
 * was replaced stays known for as long as the server runs: what is under way may still say it.
 */
export class AppSecrets implements SecretsOfApps {
  readonly #configs: Configs;
  readonly #rooms: readonly SecretRoom[];
  readonly #known = new Map<string, Known & { readonly list: readonly SecretValue[] }>();
  readonly #joined = new Map<string, Joined>();
  /** By app: the number of its newest change in this process. */
  readonly #changes = new Map<string, number>();
  #newest = 1;

  constructor(configs: Configs, rooms: readonly SecretRoom[]) {
    this.#configs = configs;
    this.#rooms = rooms;
  }

  /** Reads what is there until now, so that a change that is taken back later leaves it known. */
  readonly beforeChange: BeforeChange = (appId) => {
    const id = appId ?? PLATFORM;
    this.#held(id);
    this.#newest += 1;
    this.#changes.set(id, this.#newest);
  };

  secretsOf({ id }: { readonly id: string }): readonly SecretValue[] {
    const parts = [
      id === PLATFORM ? [] : this.#configs.secretsOf({ id }),
      this.#held(id),
      ...(id === PLATFORM ? [] : [this.#held(PLATFORM)]),
    ];
    const joined = this.#joined.get(id);
    if (joined && parts.every((part, index) => part === joined.parts[index])) return joined.values;
    const values = parts.flat();
    this.#joined.set(id, { parts, values });
    return values;
  }

  changedSince([config = 0, own = 0]: readonly number[]): {
    apps: readonly string[];
    mark: readonly number[];
  } {
    const configs = this.#configs.changedSince(config);
    const held = own === 0 ? this.#rooms.flatMap((room) => room.holders()).map((id) => id ?? PLATFORM) : [];
    const changed = [...this.#changes].filter(([, change]) => change > own).map(([id]) => id);
    return {
      apps: [...new Set([...configs.apps, ...held, ...changed])],
      mark: [configs.mark, this.#newest],
    };
  }

  /** Nothing of an app that is gone stays in memory. */
  forget(appId: string): void {
    this.#configs.forget(appId);
    this.#known.delete(appId);
    this.#joined.delete(appId);
    this.#changes.delete(appId);
  }

  #held(id: string): readonly SecretValue[] {
    const revision = this.#changes.get(id) ?? 0;
    const known = this.#known.get(id);
    if (known?.revision === revision) return known.list;
    const appId = id === PLATFORM ? null : id;
    const now = this.#rooms.flatMap((room) => room.secretsOf(appId));
    const values = new Map(known?.values);
    for (const secret of now) values.set(`${secret.name}=${secret.value}`, secret);
    const list = [...values.values()];
    this.#known.set(id, { revision, values, list });
    return list;
  }
}
