import type { BuildKit, SolveResult, StageSolve } from '../../../build/build-kit.ts';
import type { Trace } from '../../../build/log/trace.ts';
import { filesInMemory } from '../../../build/session/file-source.ts';
import type { Login } from '../../../build/session/serve-session.ts';
import type { Buildkitd } from './buildkitd.ts';

/** Of the image exporter. The tests' image is not pushed anywhere: it only tells whether these tests have run before. */
const RESULT = { test: 'containerimage.config.digest', build: 'containerimage.digest' } as const;

/** The BuildKit in the same pod; what the build stage makes is pushed. */
export class SidecarBuildKit implements BuildKit {
  private readonly daemon: Buildkitd;
  private readonly image: string;
  private readonly login: (host: string) => Login | undefined;

  /** @param image name to push, with its tag */
  constructor(daemon: Buildkitd, image: string, login: (host: string) => Login | undefined) {
    this.daemon = daemon;
    this.image = image;
    this.login = login;
  }

  async solve(
    request: StageSolve,
    signal: AbortSignal,
    output: (traces: readonly Trace[]) => Promise<void>,
  ): Promise<SolveResult> {
    const { stage, dockerfile, context, sharedKey, target, args, labels, noCache } = request;
    const attributes = {
      filename: dockerfile.name,
      ...(target === undefined ? {} : { target }),
      ...prefixed('build-arg:', args),
      ...prefixed('label:', labels),
      ...(noCache ? { 'no-cache': '' } : {}),
    };
    const folders = { dockerfile: filesInMemory({ [dockerfile.name]: dockerfile.text }), context };
    const pushed = stage === 'build' ? { name: this.image, push: 'true' } : {};
    const solve = {
      services: { folders, login: this.login },
      sharedKey,
      attributes,
      exporter: { type: 'image', attributes: { ...pushed, 'oci-mediatypes': 'true' } },
    } as const;
    const result = await this.daemon.solve(solve, signal, output);
    if (!('exported' in result)) return result;
    const image = result.exported[RESULT[stage]];
    if (image === undefined) throw new Error(`BuildKit does not say what it made in the ${stage} stage`);
    return { image };
  }
}

function prefixed(prefix: string, map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [prefix + name, value]));
}
