import type { BuildOutcome, BuildRunner, BuildSource, BuildTask } from '../../../engines/port.ts';
import { RecordingObserver, buildOf, buildTask, imageOf, newId } from '../../support/build-task.ts';
import type { TreeFiles } from '../../support/tree.ts';

/** What the suite needs of an engine beside its BuildRunner. `busybox:1` must be there, and no registry. */
export interface BuildRunnerFixture {
  readonly runner: BuildRunner;
  /** In which a stage gets as far as its last command, and no further. */
  readonly stageSeconds: number;
  /** A commit as the runner gets it, with what is set for builds. */
  source(files: TreeFiles, secrets?: Readonly<Record<string, string>>): BuildSource;
  /** What identifies an image where it is used as a base. */
  digestOf(image: string): string;
  /** Output of a command run in an image. */
  runInImage(image: string, argv: readonly string[]): Promise<string>;
  /** Whether its BuildKit gives commands a secret as a variable, too. */
  readonly secretVariables: boolean;
  /** All that an image is, uncompressed: its config with the history, and its layers. ASCII in it can be looked for. */
  everythingIn(image: string): Promise<string>;
  /** Names of the images that the engine holds for an app. */
  imagesOf(task: BuildTask): Promise<string[]>;
  /** Everything else that attempts of an installation have left: tags, folders, dangling images. */
  leftovers(installationId: string): Promise<string[]>;
  /** Gives the name of the image `from` another name; '' removes the name. */
  rename(from: string, to: string): Promise<void>;
  /** How many processes of this machine have the mark in their command line. */
  processes(mark: string): Promise<number>;
  cleanUp(): Promise<void>;
}

/**
 * A base image of this run alone, so that no step of an earlier run is in the cache. Its user is not root, as no engine
 * refuses that, and may write in /made.
 */
export const BASE = `sluice-test-${newId()}:1`;

export const GATED = `FROM ${BASE} AS base
WORKDIR /app
COPY . .
FROM base AS test
RUN sh ./tests.sh
FROM base
USER 1000
EXPOSE 9000 80/tcp
CMD ["sh"]
`;

/** Builds by the runner of a fixture, of one installation. */
export class BuildRig {
  readonly installationId = newId();
  readonly #make: () => Promise<BuildRunnerFixture>;
  #fixture: BuildRunnerFixture | undefined;

  constructor(make: () => Promise<BuildRunnerFixture>) {
    this.#make = make;
  }

  async open(): Promise<void> {
    this.#fixture = await this.#make();
    const { outcome } = await this.build({
      Dockerfile: `FROM busybox:1\nRUN echo ${BASE} > /run-of-this-test && mkdir -m 777 /made\nUSER 1000\n`,
    });
    await this.fixture.rename(imageOf(outcome), BASE);
  }

  async close(): Promise<void> {
    await this.fixture.rename('', BASE);
    await this.fixture.cleanUp();
  }

  get fixture(): BuildRunnerFixture {
    if (this.#fixture === undefined) throw new Error('not open');
    return this.#fixture;
  }

  async build(
    files: TreeFiles,
    changes: Partial<BuildTask> = {},
    observer = new RecordingObserver(),
    signal: AbortSignal = new AbortController().signal,
  ): Promise<{ task: BuildTask; outcome: BuildOutcome; observer: RecordingObserver; log: string }> {
    const task = buildTask({ installationId: this.installationId, ...changes });
    const { runner } = this.fixture;
    const outcome = await buildOf(runner, task, () => this.fixture.source(files), observer, signal);
    return { task, outcome, observer, log: observer.text };
  }
}
