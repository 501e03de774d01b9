import type { BuildRunner } from '../engines/port.ts';
import type { BuildSecrets, OpenAttempts } from '../core/contracts/internal.ts';
import type { Reports } from './report.ts';
import { ServerRefused } from './server-client.ts';
import type { ServerClient } from './server-client.ts';

export interface BuilderIdentity {
  readonly name: string;
  readonly instance: string;
  /** Where what runs elsewhere gets trees and secrets. */
  readonly treeUrl?: string | undefined;
}

/** Milliseconds between two looks for what nobody wants any more. */
const SWEEP_MS = 60_000;

/** Takes attempts off the queue, one call an attempt, and knows which run. */
export class Builder {
  private readonly server: ServerClient;
  private readonly runner: BuildRunner;
  private readonly identity: BuilderIdentity;
  private readonly reports: Pick<Reports, 'know' | 'forget' | 'error'>;
  private readonly shutdown = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  /** Keys of `running`, before their first request and until after their last. */
  private readonly keep = new Set<string>();
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    server: ServerClient,
    runner: BuildRunner,
    identity: BuilderIdentity,
    reports: Pick<Reports, 'know' | 'forget' | 'error'>,
  ) {
    this.server = server;
    this.runner = runner;
    this.identity = identity;
    this.reports = reports;
  }

  /** Tells the server that a new instance is here; its connection is then warm. */
  async hello(): Promise<void> {
    const { name, instance } = this.identity;
    await this.server.post('/internal/builders', { builder: name, instance }, this.shutdown.signal);
  }

  /** Runs one job to its end. Never throws: a message that leads nowhere must not come again. */
  async take(job: { readonly buildId: string; readonly attempt: number }): Promise<void> {
    const key = `${job.buildId}-${job.attempt}`;
    // A wiped and refilled queue brings an attempt again that still runs here.
    if (this.shutdown.signal.aborted || this.running.has(key)) return;
    this.keep.add(key);
    const run = this.claimAndRun(job).catch((error: unknown) => {
      if (!this.shutdown.signal.aborted) this.reports.error(`attempt ${key} broke`, error);
    });
    this.running.set(key, run);
    await run;
    this.running.delete(key);
    this.keep.delete(key);
    this.reports.forget(key);
  }

  /** Stops what runs, without a word to the server. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.shutdown.abort();
    clearInterval(this.sweeping);
    await Promise.all(this.running.values());
  }

  private async claimAndRun(job: { readonly buildId: string; readonly attempt: number }): Promise<void> {
    const { name, instance } = this.identity;
    const claim = { buildId: job.buildId, attempt: job.attempt, builder: name, instance };
    const answer = await this.server
      .post('/internal/attempts/claim', claim, this.shutdown.signal)
      .catch(refused);
    if (answer === undefined) return;
    // Loaded at the first build, with zod and all that a build needs: a builder that waits should be small.
    const [{ ClaimedTask }, { runAttempt }] = await Promise.all([
      import('../core/contracts/internal.ts'),
      import('./attempt.ts'),
    ]);
    const task = ClaimedTask.parse(answer);
    const key = `${job.buildId}-${job.attempt}`;
    if (task.attemptToken !== undefined) this.reports.know(key, { ATTEMPT_TOKEN: task.attemptToken });
    const reports = {
      error: (message: string, error: unknown): void => this.reports.error(message, error),
      know: (secrets: BuildSecrets): void => this.reports.know(key, secrets),
    };
    const { treeUrl } = this.identity;
    await runAttempt(this.server, this.runner, task, this.shutdown.signal, reports, treeUrl);
    this.keepSweeping(task.installationId);
  }

  /** From the first build on, so that a builder that waits costs nothing. */
  private keepSweeping(installationId: string): void {
    if (this.sweeping !== undefined || this.shutdown.signal.aborted) return;
    const sweep = (): void => {
      this.sweep(installationId).catch((error: unknown) => {
        if (!this.shutdown.signal.aborted) this.reports.error('sweep failed', error);
      });
    };
    this.sweeping = setInterval(sweep, SWEEP_MS);
    this.sweeping.unref();
    sweep();
  }

  /** What a builder that was killed has left in the engine, and what could not be ended while the engine was away. */
  private async sweep(installationId: string): Promise<void> {
    await this.runner.sweep(installationId, async () => {
      // Those of other builders too, where builds outlive the one that began them.
      const { open } = (await this.server.read('/internal/attempts', this.shutdown.signal)) as OpenAttempts;
      return new Set([...this.keep, ...open]);
    });
  }
}

/** An older attempt, an ended build, or not its turn: the server knows better, and the message is done with. */
function refused(error: unknown): undefined {
  if (error instanceof ServerRefused) return undefined;
  throw error;
}
