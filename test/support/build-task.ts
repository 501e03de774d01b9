import { randomBytes } from 'node:crypto';
import type {
  BuildObserver,
  BuildOutcome,
  BuildRunner,
  BuildSource,
  BuildTask,
  Stage,
} from '../../engines/port.ts';
import { DEFAULT_CANARY } from '../../core/manifest/manifest.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Reason } from '../../core/reason.ts';

export function newId(): string {
  return `t${randomBytes(8).toString('hex').slice(0, 15)}`;
}

export function manifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    build: { dockerfile: 'Dockerfile', context: '.', args: {} },
    buildTimeoutSeconds: 120,
    processes: { web: {} },
    web: { health: { path: '/', timeoutSeconds: 60 }, graceSeconds: 30 },
    scale: {},
    canary: DEFAULT_CANARY,
    env: {},
    ...changes,
  };
}

export function buildTask(changes: Partial<BuildTask> = {}): BuildTask {
  return {
    installationId: newId(),
    appId: newId(),
    appName: 'shop',
    buildId: newId(),
    buildNumber: 1,
    attempt: 1,
    commit: 'a'.repeat(40),
    manifest: manifest(),
    noCache: false,
    logBytes: 0,
    ...changes,
  };
}

/** Keeps what a build said; `ranIn` answers `tested`. */
export class RecordingObserver implements BuildObserver {
  text = '';
  readonly stages: Stage[] = [];
  readonly testImages: { image: string; cached: boolean }[] = [];
  ranIn: number | undefined;
  private readonly waiting: { pattern: RegExp; found: () => void }[] = [];

  async log(bytes: string | Uint8Array): Promise<void> {
    this.text += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
    for (const { pattern, found } of this.waiting) if (pattern.test(this.text)) found();
  }

  async stage(stage: Stage): Promise<void> {
    this.stages.push(stage);
  }

  async tested(image: string, cached: boolean): Promise<number | undefined> {
    this.testImages.push({ image, cached });
    return this.ranIn;
  }

  /** Resolves once the log matches. */
  said(pattern: RegExp): Promise<void> {
    if (pattern.test(this.text)) return Promise.resolve();
    return new Promise((found) => this.waiting.push({ pattern, found }));
  }
}

/** As the server has it built: one attempt more when the first is lost by no fault of its own. Says what took it. */
export async function buildOf(
  runner: BuildRunner,
  task: BuildTask,
  source: () => BuildSource,
  observer: RecordingObserver,
  signal = new AbortController().signal,
): Promise<BuildOutcome> {
  const outcome = await runner.run(task, source(), observer, signal);
  if (outcome.result !== 'lost') return outcome;
  console.warn(`the first attempt was lost: ${JSON.stringify(outcome.reason)}\n${observer.text}`);
  const logBytes = Buffer.byteLength(observer.text);
  return runner.run({ ...task, attempt: task.attempt + 1, logBytes }, source(), observer, signal);
}

export function imageOf(outcome: BuildOutcome): string {
  if (outcome.result !== 'succeeded') throw new Error(`not built: ${JSON.stringify(outcome)}`);
  return outcome.image.image;
}

export function reasonOf(outcome: BuildOutcome): Reason {
  if (outcome.result !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome)}`);
  return outcome.reason;
}
