import type { AppRef, ProcessSpec, ReleaseSpec } from '../../../engines/port.ts';
import { appRef, type Behaviour, type OpenWorkloads, type WorkloadsFixture } from '../workloads.ts';

const PORT = 8080;

/** Apps on the workloads of a fixture, each gone when its test is over. */
export class WorkloadsRig {
  readonly #make: () => Promise<WorkloadsFixture>;
  readonly #apps: AppRef[] = [];
  #fixture: WorkloadsFixture | undefined;

  constructor(make: () => Promise<WorkloadsFixture>) {
    this.#make = make;
  }

  async open(): Promise<void> {
    this.#fixture = await this.#make();
  }

  async close(): Promise<void> {
    await this.fixture.close();
  }

  get fixture(): WorkloadsFixture {
    if (this.#fixture === undefined) throw new Error('not open');
    return this.#fixture;
  }

  get workloads(): OpenWorkloads {
    return this.fixture.workloads;
  }

  newApp(): AppRef {
    const app = appRef('app');
    this.#apps.push(app);
    return app;
  }

  async removeApps(): Promise<void> {
    for (const { id } of this.#apps.splice(0)) {
      if (this.fixture.removals === undefined) await this.workloads.removeApp(id);
      else this.fixture.removals.begin(id);
    }
  }

  release(
    app: AppRef,
    number: number,
    behaviour: Behaviour = 'healthy',
    processes?: (command: string) => ProcessSpec[],
  ): ReleaseSpec {
    const { image, command } = this.fixture.web(behaviour);
    return {
      app,
      releaseId: `${app.id}r${number}`,
      releaseNumber: number,
      image,
      user: this.fixture.user,
      env: { PORT: String(PORT), SLUICE_RELEASE: `v${number}` },
      files: {},
      port: PORT,
      host: `${app.name}.localhost`,
      // Of one that never answers well the end is waited for; of the others only a busy machine needs so long.
      health: { path: '/', timeoutSeconds: behaviour === 'answers-503' ? 10 : 60 },
      graceSeconds: 5,
      processes: processes?.(command) ?? [{ type: 'web', command, replicas: 1 }],
    };
  }
}
