import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildObserver, BuildOutcome, BuildRunner, BuildSource, BuildTask } from '../../port.ts';
import type { DockerSettings } from '../client.ts';
import type { Engine } from './engine.ts';
import type { EngineFrontends } from './frontends.ts';

export interface DockerBuildSettings extends DockerSettings {
  /** A folder of this builder alone, for the trees of attempts under way. */
  readonly scratch: string;
}

/**
 * Builds by the BuildKit inside the Docker engine (20.10 or newer). What it needs is loaded at the first build, as a
 * builder that waits should be small.
 */
export class DockerBuildRunner implements BuildRunner {
  private readonly settings: DockerBuildSettings;
  /** Marks this builder's tags, as several may use one engine. */
  private readonly holder: string;
  private engine: Promise<{ engine: Engine; frontends: EngineFrontends }> | undefined;

  constructor(settings: DockerBuildSettings) {
    this.settings = settings;
    this.holder = createHash('sha256').update(settings.scratch).digest('hex').slice(0, 8);
  }

  async run(
    task: BuildTask,
    source: BuildSource,
    observer: BuildObserver,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    if (signal.aborted) return { result: 'cancelled' };
    const { engine, frontends } = await this.load();
    const { runAttempt } = await import('./run-attempt.ts');
    const folder = join(this.settings.scratch, `${task.buildId}-${task.attempt}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await runAttempt({
        engine,
        frontends,
        holder: this.holder,
        folder,
        task,
        source,
        observer,
        signal,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async sweep(installationId: string, keep: () => Promise<ReadonlySet<string>>): Promise<void> {
    const folders = await readdir(this.settings.scratch).catch(() => []);
    const wanted = await keep();
    for (const folder of folders.filter((name) => !wanted.has(name))) {
      await rm(join(this.settings.scratch, folder), { recursive: true, force: true });
    }
    const { engine } = await this.load();
    const { sweepImages } = await import('./sweep-images.ts');
    await sweepImages(engine, installationId, this.holder, keep);
  }

  private load(): Promise<{ engine: Engine; frontends: EngineFrontends }> {
    this.engine ??= (async () => {
      const [{ Engine }, { EngineFrontends }] = await Promise.all([
        import('./engine.ts'),
        import('./frontends.ts'),
      ]);
      const engine = new Engine(this.settings);
      return { engine, frontends: new EngineFrontends(engine) };
    })();
    return this.engine;
  }
}
