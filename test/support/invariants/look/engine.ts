import { must } from '../../command.ts';
import type { ContainerFact, TraceFact } from '../facts.ts';

/** What the Docker engine has of one installation, by its own client. */
export class Engine {
  readonly #env: NodeJS.ProcessEnv;
  readonly #installation: string;

  constructor(env: NodeJS.ProcessEnv, installation: string) {
    this.#env = env;
    this.#installation = installation;
  }

  async containers(): Promise<ContainerFact[]> {
    const format = '{{.Label "sluice.app"}} {{.Label "sluice.release"}} {{.Label "sluice.kind"}} {{.State}}';
    return (await this.#lines(['ps', '-a', '--filter', this.#label, '--format', format])).map((line) => {
      const [app = '', release = '', kind = '', state = ''] = line.split(' ');
      return { app, release, kind, running: state === 'running' };
    });
  }

  /** Environments of all containers, by app. */
  async environments(): Promise<{ app: string; env: string }[]> {
    const ids = await this.#lines(['ps', '-aq', '--filter', this.#label]);
    if (ids.length === 0) return [];
    const format = '{{index .Config.Labels "sluice.app"}} {{json .Config.Env}}';
    return (await this.#lines(['inspect', '--format', format, ...ids])).map((line) => {
      const space = line.indexOf(' ');
      return { app: line.slice(0, space), env: line.slice(space + 1) };
    });
  }

  async traces(): Promise<TraceFact[]> {
    const prefix = `sluice/${this.#installation}/`;
    const [networks, images] = await Promise.all([
      this.#lines(['network', 'ls', '--filter', this.#label, '--format', '{{.Label "sluice.app"}}']),
      this.#lines(['image', 'ls', '--format', '{{.Repository}}']),
    ]);
    return [
      ...networks.map((of) => ({ what: 'network' as const, of })),
      ...[...new Set(images.filter((name) => name.startsWith(prefix)))]
        .map((name) => name.slice(prefix.length))
        // Builds keep base images under a name that is no app's id.
        .filter((of) => of !== 'base')
        .map((of) => ({ what: 'image' as const, of })),
    ];
  }

  get #label(): string {
    return `label=sluice.installation=${this.#installation}`;
  }

  async #lines(args: string[]): Promise<string[]> {
    return (await must('docker', args, { env: this.#env })).split('\n').filter(Boolean);
  }
}
