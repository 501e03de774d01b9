import { posix } from 'node:path';
import type { BuildTask } from '../../port.ts';
import type { CommitTree } from './context/commit-tree.ts';
import { selectContext } from './context/select.ts';
import type { Dockerfile } from './dockerfile/dockerfile.ts';
import { parseDockerfile } from './dockerfile/parse.ts';
import type { FileSource } from './session/file-source.ts';

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
    return parseDockerfile(text, { ...this.platformArgs, ...this.task.manifest.build.args });
  }

  /** The context for a Dockerfile: its own `<path>.dockerignore` wins over the one at the context's root. */
  async context(dockerfilePath: string): Promise<FileSource> {
    const folder = this.task.manifest.build.context;
    const rules =
      (await this.tree.binaryText(`${dockerfilePath}.dockerignore`)) ??
      (await this.tree.binaryText(posix.join(folder, '.dockerignore')));
    const tree = this.tree;
    return { entries: selectContext(tree.entries, folder, rules), content: (entry) => tree.content(entry) };
  }
}
