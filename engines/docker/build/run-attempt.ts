import { join } from 'node:path';
import type { BuildObserver, BuildOutcome, BuildSource, BuildTask } from '../../port.ts';
import { planStages, runBuildStage, runTestStage, tellTested } from '../../build/gate.ts';
import { HeldBaseImages } from './base-images.ts';
import { BuildFailure } from '../../build/build-failure.ts';
import { builtImage, finalTag } from './built-image.ts';
import { EngineBuildKit } from './engine-build-kit.ts';
import { Checkout } from '../../build/checkout.ts';
import { CommitTree } from '../../build/context/commit-tree.ts';
import { SecretIds } from '../../build/dockerfile/secret-mounts.ts';
import { diskFull } from '../../build/failures.ts';
import { OfferedSecrets } from '../../build/offered-secrets.ts';
import type { Engine } from './engine.ts';
import type { Frontends } from '../../build/syntax-check.ts';
import { Cancelled } from '../../build/run-stage.ts';
import { SyntaxCheck } from '../../build/syntax-check.ts';

export interface Attempt {
  readonly engine: Engine;
  readonly frontends: Frontends;
  /** Marks the tags of the builder that runs it. */
  readonly holder: string;
  /** Exists; removed by the caller. */
  readonly folder: string;
  readonly task: BuildTask;
  readonly source: BuildSource;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
}

const WHOLE_LOGS =
  'to see all of it, start dockerd with BUILDKIT_STEP_LOG_MAX_SIZE=1000000000 BUILDKIT_STEP_LOG_MAX_SPEED=1000000000';

/** Runs one attempt and puts its tags and files away. @throws EngineUnreachable */
export async function runAttempt(attempt: Attempt): Promise<BuildOutcome> {
  const { engine, frontends, holder, folder, task, source, observer, signal } = attempt;
  const log = (text: string): Promise<void> => observer.log(text);
  const bases = new HeldBaseImages(engine, { ...task, holder }, log);
  const tidying: Promise<unknown>[] = [];
  // What an engine that is away keeps, the next sweep finds.
  const tidy = (work: Promise<unknown>): void => void tidying.push(work.catch(() => undefined));
  let tree: CommitTree | undefined;
  try {
    tree = await CommitTree.spool(await source.openTree(), join(folder, 'tree.tar'), signal);
    const checkout = new Checkout(tree, task, await engine.platformArgs());
    const syntaxCheck = new SyntaxCheck(frontends, log);
    const buildKit = new EngineBuildKit(engine, task);
    const secrets = new OfferedSecrets(new SecretIds(task), () => source.secrets());
    const wholeLogs = WHOLE_LOGS;
    const parts = { buildKit, syntaxCheck, checkout, bases, secrets, task, observer, signal, wholeLogs };
    const plan = await planStages(task, checkout);
    const tested = await runTestStage(parts, plan);
    if (tested !== undefined) {
      await tellTested(observer, tested);
      // The cache keeps its layers; only the image would pile up. The build stage need not wait for that.
      tidy(engine.removeImage(tested.image));
    }
    const { image } = await runBuildStage(parts, plan);
    tidy(bases.release());
    const built = await builtImage(engine, image, observer);
    if (signal.aborted) await engine.removeImage(finalTag(task));
    return signal.aborted
      ? { result: 'cancelled' }
      : { result: 'succeeded', image: built, baseDigests: bases.digests() };
  } catch (error) {
    if (signal.aborted || error instanceof Cancelled) return { result: 'cancelled' };
    if (error instanceof BuildFailure) return { result: 'failed', reason: error.reason };
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return { result: 'failed', reason: diskFull() };
    throw error;
  } finally {
    await tree?.close();
    tidy(bases.release());
    await Promise.all(tidying);
  }
}
