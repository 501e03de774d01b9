import { createHash } from 'node:crypto';
import type { BuildObserver, BuildOutcome, BuildRunner, BuildTask, TreeSource } from '../port.ts';

/** What a test makes of one attempt; it may use the observer and the tree as a real runner would. */
export type MemoryBuild = (
  task: BuildTask,
  tree: TreeSource,
  observer: BuildObserver,
  signal: AbortSignal,
) => Promise<BuildOutcome>;

/** `BuildRunner` without containers: builds succeed unless a test says otherwise. */
export class MemoryBuildRunner implements BuildRunner {
  /** `buildId-attempt` of what runs now. */
  readonly running = new Set<string>();
  /** Every task that was run, in order. */
  readonly tasks: BuildTask[] = [];
  private build: MemoryBuild;

  constructor(build: MemoryBuild = succeed) {
    this.build = build;
  }

  /** What attempts do from now on. */
  script(build: MemoryBuild): void {
    this.build = build;
  }

  async run(
    task: BuildTask,
    tree: TreeSource,
    observer: BuildObserver,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    const name = `${task.buildId}-${task.attempt}`;
    this.tasks.push(task);
    this.running.add(name);
    const cancelled = cancellation(signal);
    try {
      return await Promise.race([this.build(task, tree, observer, signal), cancelled.outcome]);
    } finally {
      cancelled.stop();
      this.running.delete(name);
    }
  }

  async sweep(_installationId: string, keep: () => Promise<ReadonlySet<string>>): Promise<void> {
    const running = [...this.running];
    const wanted = await keep();
    for (const name of running) if (!wanted.has(name)) this.running.delete(name);
  }
}

/** Tests pass when there are any, and the image's id follows from the commit. */
export const succeed: MemoryBuild = async (task, _tree, observer) => {
  const id = createHash('sha256').update(task.commit).digest('hex');
  if (task.manifest.test !== undefined) {
    await observer.stage('test');
    await observer.log('tests passed\n');
    await observer.tested(`sha256:test${id.slice(4)}`, false);
  }
  await observer.stage('build');
  await observer.log(`built ${task.commit}\n`);
  const image = { image: `sha256:${id}`, exposedPorts: [], sizeBytes: 1_000_000, user: '' };
  return { result: 'succeeded', image, baseDigests: {} };
};

function cancellation(signal: AbortSignal): { outcome: Promise<BuildOutcome>; stop: () => void } {
  const { promise: outcome, resolve } = Promise.withResolvers<BuildOutcome>();
  const aborted = (): void => resolve({ result: 'cancelled' });
  if (signal.aborted) aborted();
  else signal.addEventListener('abort', aborted);
  return { outcome, stop: () => signal.removeEventListener('abort', aborted) };
}
