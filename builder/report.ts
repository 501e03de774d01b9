import { Redactor } from '../core/redaction/redactor.ts';
import { passwordOf, type Secret } from '../core/redaction/sought.ts';
import type { BuildSecrets } from '../core/contracts/internal.ts';
import type { BuilderSettings } from './settings.ts';

/** For who runs the platform: JSON lines without what the builder knows to be secret, which is that of the builds it runs. */
export class Reports {
  readonly #own: readonly Secret[];
  readonly #ofAttempts = new Map<string, Secret[]>();
  readonly #write: (line: string) => void;

  constructor({ server, redis }: Pick<BuilderSettings, 'server' | 'redis'>, write = toStandardError) {
    const password = passwordOf(redis);
    this.#own = [
      ...(typeof server === 'string' ? [] : [{ name: 'SLUICE_PLATFORM_TOKEN', value: server.token }]),
      ...(password === undefined ? [] : [{ name: 'SLUICE_REDIS_URL', value: password }]),
    ];
    this.#write = write;
  }

  /** From now on nothing is said of these. @param attempt until `forget` of it */
  know(attempt: string, secrets: BuildSecrets): void {
    const known = this.#ofAttempts.get(attempt) ?? [];
    known.push(...Object.entries(secrets).map(([name, value]) => ({ name, value })));
    this.#ofAttempts.set(attempt, known);
  }

  forget(attempt: string): void {
    this.#ofAttempts.delete(attempt);
  }

  error(message: string, error: unknown): void {
    // Made each time: there are few errors, and many builds that have none.
    const redactor = new Redactor([...this.#own, ...[...this.#ofAttempts.values()].flat()]);
    const cause = redactor.text(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const msg = redactor.text(message);
    this.#write(`${JSON.stringify({ level: 'error', time: Date.now(), msg, cause })}\n`);
  }
}

function toStandardError(line: string): void {
  process.stderr.write(line);
}
