import { posix } from 'node:path';
import { reason } from '../../core/reason.ts';
import type { BuildTask } from '../port.ts';
import { BuildFailure } from './build-failure.ts';
import type { CommitTree } from './context/commit-tree.ts';
import { selectContext } from './context/select.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { refuseOutside } from './dockerfile/outside.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import type { FileSource } from './session/file-source.ts';

/** Bytes of a .dockerignore. */
const MAX_RULES = 64 * 1024;

/** What of a commit one attempt works with: its Dockerfiles and, for each, the context as BuildKit may see it. */
export class Checkout {
  private readonly tree: CommitTree;
  private readonly task: BuildTask;
  private readonly platformArgs: Readonly<Record<string, string>>;

  /** @param platformArgs TARGETARCH and the like, as the engine sets them */
  constructor(tree: CommitTree, task: BuildTask, platformArgs: Readonly<Record<string, string>>) {
    this.tree = tree;
    this.task = task;
    this.platformArgs = platformArgs;
  }

  /** @param path from the root of the repository; undefined when there is no such file */
  async dockerfile(path: string): Promise<Dockerfile | undefined> {
    const text = await this.tree.text(path);
    if (text === undefined) return undefined;
    const all = `sluice/${this.task.installationId}/`;
    refuseOutside(path, text, { all, app: `${all}${this.task.appId}:` });
    try {
      return parseDockerfile(text, { ...this.platformArgs, ...this.task.manifest.build.args });
    } catch (error) {
      // Variables within variables, thousands deep, or doubled until no string holds them.
      if (!(error instanceof RangeError)) throw error;
      throw new BuildFailure(
        reason('dockerfile_invalid', `${path}: its variables cannot be followed`, 'write the values out'),
      );
    }
  }

  /** The context for a Dockerfile: its own `<path>.dockerignore` wins over the one at the context's root. */
  async context(dockerfilePath: string): Promise<FileSource> {
    const folder = this.task.manifest.build.context;
    const rules =
      (await this.rules(`${dockerfilePath}.dockerignore`)) ??
      (await this.rules(posix.join(folder, '.dockerignore')));
    const tree = this.tree;
    return { entries: selectContext(tree.entries, folder, rules), content: (entry) => tree.content(entry) };
  }

  private async rules(path: string): Promise<string | undefined> {
    if (this.tree.sizeOf(path) <= MAX_RULES) return this.tree.binaryText(path);
    throw new BuildFailure(
      reason('dockerignore_too_complex', `${path} has more than ${MAX_RULES} bytes`, 'write fewer rules'),
    );
  }
}
