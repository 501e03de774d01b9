import { harmless } from '../../core/output-lines.ts';
import { oneLine } from '../../core/printable.ts';
import type { BuildLogs } from '../logs.ts';
import type { RolloutRow } from '../store/rollouts.ts';

/** What a rollout does, told in the log of the build that made it. The journal knows what has been told: see story.ts. */
export class Progress {
  readonly #logs: BuildLogs;

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
    await this.#say(rollout, harmless(Buffer.from(bytes).toString('utf8')));
  }

  async #say({ build_id: buildId }: RolloutRow, text: string): Promise<void> {
    if (buildId !== null) await this.#logs.append(buildId, text);
  }
}
