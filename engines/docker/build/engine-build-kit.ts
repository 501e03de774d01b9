import type { BuildKit, SolveResult, StageSolve } from '../../build/build-kit.ts';
import type { Trace } from '../../build/log/trace.ts';
import { filesInMemory } from '../../build/session/file-source.ts';
import type { BuildTask } from '../../port.ts';
import { finalTag } from './built-image.ts';
import type { Engine } from './engine.ts';
import { openSession } from './session.ts';
import { solve } from './solve.ts';

/** The BuildKit inside the Docker engine; what the build stage makes stays there under the app's tag. */
export class EngineBuildKit implements BuildKit {
  private readonly engine: Engine;
  private readonly task: BuildTask;

  constructor(engine: Engine, task: BuildTask) {
    this.engine = engine;
    this.task = task;
  }

  async solve(
    request: StageSolve,
    signal: AbortSignal,
    output: (traces: readonly Trace[]) => Promise<void>,
  ): Promise<SolveResult> {
    const { stage, dockerfile, context, sharedKey, target, args, labels, noCache, secrets } = request;
    const { installationId, buildId, attempt } = this.task;
    const folders = { dockerfile: filesInMemory({ [dockerfile.name]: dockerfile.text }), context };
    const session = await openSession(this.engine, sharedKey, { folders, secrets });
    try {
      const asked = {
        id: `sluice-${installationId}-${buildId}-${attempt}-${stage}`,
        session: session.id,
        dockerfile: dockerfile.name,
        target,
        args,
        labels,
        noCache,
        ...(stage === 'build' ? { tag: finalTag(this.task) } : {}),
      };
      return await solve(this.engine, asked, signal, output);
    } finally {
      session.close();
    }
  }
}
