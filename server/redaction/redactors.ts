import { Redactor } from '../../core/redaction/redactor.ts';
import type { Redacts } from '../../core/redaction/redact-all.ts';
import type { Secret } from '../../core/redaction/sought.ts';

/** Apps whose redactor is kept; another one is made anew in milliseconds. */
const MOST_KEPT = 64;
/** Redactors for the secrets of all apps; when an app's secrets change one of them is made anew. */
const SHARDS = 16;

export interface SecretsOfApps {
  /** Every secret value that is or was the app's. The same list for as long as none is added. */
  secretsOf(app: { readonly id: string }): readonly Secret[];
  /** Apps whose secrets changed since `mark`, which is empty at first, and the mark for the next time. */
  changedSince(mark: readonly number[]): {
    readonly apps: readonly string[];
    readonly mark: readonly number[];
  };
}

interface Kept {
  readonly secrets: readonly Secret[];
  readonly redactor: Redactor;
}

/** What cuts secrets out of what people read; always of the secrets there are at the moment of asking. */
export class Redactors {
  readonly #source: SecretsOfApps;
  readonly #kept = new Map<string, Kept>();
  readonly #shards = Array.from({ length: SHARDS }, () => ({
    apps: new Set<string>(),
    redactor: undefined as Redactor | undefined,
  }));
  #mark: readonly number[] = [];

  constructor(source: SecretsOfApps) {
    this.#source = source;
  }

  /** Of one app. Ask again for each line: secrets change. */
  of(appId: string): Redactor {
    const secrets = this.#source.secretsOf({ id: appId });
    const known = this.#kept.get(appId);
    // The one used last stands last.
    this.#kept.delete(appId);
    const kept =
      known && isSame(known.secrets, secrets) ? known : { secrets, redactor: new Redactor(secrets) };
    this.#kept.set(appId, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return kept.redactor;
  }

  /** Of all apps, for what belongs to none: slower than that of one, so not for streams. */
  get all(): Redacts {
    const { apps, mark } = this.#source.changedSince(this.#mark);
    this.#mark = mark;
    for (const appId of apps) {
      const shard = this.#shards[shardOf(appId)];
      shard?.apps.add(appId);
      if (shard) shard.redactor = undefined;
    }
    return {
      text: (text) => this.#shards.reduce((sum, _, index) => this.#shard(index).text(sum), text),
    };
  }

  #shard(index: number): Redactor {
    const shard = this.#shards[index];
    if (shard === undefined) throw new Error(`no shard ${index}`);
    shard.redactor ??= new Redactor([...shard.apps].flatMap((id) => this.#source.secretsOf({ id })));
    return shard.redactor;
  }
}

function isSame(some: readonly Secret[], others: readonly Secret[]): boolean {
  if (some === others) return true;
  return (
    some.length === others.length &&
    some.every(({ name, value }, index) => others[index]?.name === name && others[index].value === value)
  );
}

function shardOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum % SHARDS;
}
