import type { SecretIds } from './dockerfile/secret-mounts.ts';
import type { SecretSource } from './session/secret-service.ts';

/** The secrets of one attempt: asked for when the first command mounts one, and the same for all of its stages. */
export class OfferedSecrets implements SecretSource {
  readonly ids: SecretIds;
  /** Names that commands have asked for and that are not there, in that order. */
  readonly missing = new Set<string>();
  /** Why they could not be had, which is no fault of the build's. */
  trouble: Error | undefined;
  private readonly read: () => Promise<Readonly<Record<string, string>>>;
  private values: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(ids: SecretIds, read: () => Promise<Readonly<Record<string, string>>>) {
    this.ids = ids;
    this.read = read;
  }

  async get(id: string): Promise<string | undefined> {
    const name = this.ids.nameOf(id);
    if (name === undefined) return undefined;
    this.values ??= this.read().then((values) => new Map(Object.entries(values)));
    try {
      const value = (await this.values).get(name);
      if (value === undefined) this.missing.add(name);
      return value;
    } catch (error) {
      this.trouble = error instanceof Error ? error : new Error(String(error));
      throw this.trouble;
    }
  }
}
