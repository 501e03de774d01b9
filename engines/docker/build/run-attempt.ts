import { join } from 'node:path';
import type { BuildObserver, BuildOutcome, BuildTask } from '../../port.ts';
import { runStages } from './stages.ts';
import { BaseImages } from './base-images.ts';
import { BuildFailure } from './build-failure.ts';
import { finalTag } from './built-image.ts';
import { Checkout } from './checkout.ts';
import { CommitTree } from './context/commit-tree.ts';
import { diskFull } from './failures.ts';
import type { Engine } from './engine.ts';
import type { Frontends } from './frontends.ts';
import { Cancelled } from './run-stage.ts';
import { SyntaxCheck } from './syntax-check.ts';

export interface Attempt {
  readonly engine: Engine;
  readonly frontends: Frontends;
  /** Marks the tags of the builder that runs it. */
  readonly holder: string;
  /** Exists; removed by the caller. */
  readonly folder: string;
  readonly task: BuildTask;
  readonly tree: () => Promise<NodeJS.ReadableStream>;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
}

/** Runs one attempt and puts its tags and files away. @throws EngineUnreachable */
export async function runAttempt(attempt: Attempt): Promise<BuildOutcome> {
  const { engine, frontends, holder, folder, task, observer, signal } = attempt;
  const log = (text: string): Promise<void> => observer.log(text);
  const bases = new BaseImages(engine, { ...task, holder }, log);
  const tidying: Promise<unknown>[] = [];
  // What an engine that is away keeps, the next sweep finds.
  const tidy = (work: Promise<unknown>): void => void tidying.push(work.catch(() => undefined));
  let tree: CommitTree | undefined;
  try {
    tree = await CommitTree.spool(await attempt.tree(), join(folder, 'tree.tar'), signal);
    const checkout = new Checkout(tree, task, await engine.platformArgs());
    const syntaxCheck = new SyntaxCheck(frontends, log);
    const outcome = await runStages({ engine, syntaxCheck, checkout, bases, task, observer, signal, tidy });
    if (signal.aborted && outcome.result === 'succeeded') await engine.removeImage(finalTag(task));
    return signal.aborted ? { result: 'cancelled' } : outcome;
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
