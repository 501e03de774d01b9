import type { Asked, Takes } from './asked.ts';
import type { PersonApi } from './person-api.ts';

/** What can be asked by ssh alone: enough to look, and to go back. The rest is for the `sluice` command. */
export interface Verb extends Takes {
  readonly summary: string;
  /** @returns lines for people, at once or as they come */
  readonly run: (api: PersonApi, asked: Asked) => Promise<string[]> | AsyncGenerator<string, void>;
}
