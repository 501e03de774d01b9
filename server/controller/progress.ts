import { harmless } from '../../core/output-lines.ts';
import { oneLine } from '../../core/printable.ts';
import type { BuildLogs } from '../logs.ts';
import type { RolloutRow } from '../store/rollouts.ts';

/** Rollouts remembered; only those under way matter, one or two an app. */
const MOST_ROLLOUTS = 1_000;

/** What a rollout does, told in the log of the build that made it; each line once, however often it is looked at. */
export class Progress {
  readonly #logs: BuildLogs;
  readonly #said = new Map<string, Set<string>>();

  constructor(logs: BuildLogs) {
    this.#logs = logs;
  }

  async step(rollout: RolloutRow, text: string): Promise<void> {
    await this.#say(rollout, `-----> ${oneLine(text)}\n`);
  }

  async detail(rollout: RolloutRow, text: string): Promise<void> {
    await this.#say(rollout, `       ${oneLine(text)}\n`);
  }

  /** Output of the app itself, as it comes. */
  async output(rollout: RolloutRow, bytes: Uint8Array): Promise<void> {
    if (rollout.build_id === null) return;
    await this.#logs.append(rollout.build_id, harmless(Buffer.from(bytes).toString('utf8')));
  }

  forget(rollout: RolloutRow): void {
    this.#said.delete(rollout.id);
  }

  async #say(rollout: RolloutRow, line: string): Promise<void> {
    const said = this.#said.get(rollout.id) ?? new Set();
    this.#said.set(rollout.id, said);
    // Those that a newer one took over are not forgotten one by one.
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_ROLLOUTS && oldest !== undefined) this.#said.delete(oldest);
    if (rollout.build_id === null || said.has(line)) return;
    said.add(line);
    await this.#logs.append(rollout.build_id, line);
  }
}
