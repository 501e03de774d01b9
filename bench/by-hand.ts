import { existsSync } from 'node:fs';
import { must } from '../test/support/command.ts';
import { freePort } from '../test/support/ports.ts';

/** A person with a Dockerfile, a shell and no platform: tests, image, container. */
export class ByHand {
  readonly #name: string;
  readonly #docker: string;
  #running: string | undefined;
  #round = 0;

  constructor(name: string) {
    this.#name = name;
    // The distribution's client has BuildKit built in; a newer one needs its buildx plugin for that.
    this.#docker = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
  }

  async version(): Promise<string> {
    return (
      await must(this.#docker, [
        'version',
        '--format',
        'client {{.Client.Version}}, engine {{.Server.Version}}',
      ])
    ).trim();
  }

  /** What is typed for one deploy. */
  argv(folder: string, port: number): string[][] {
    const image = `${this.#name}:${this.#round}`;
    return [
      [this.#docker, 'build', '-q', '--target', 'test', folder],
      [this.#docker, 'build', '-q', '-t', image, folder],
      [
        this.#docker,
        'run',
        '-d',
        '--init',
        '--name',
        `${this.#name}-${this.#round}`,
        '-p',
        `127.0.0.1:${port}:8080`,
        image,
      ],
    ];
  }

  /** @returns the port, once `docker run` has come back; `began` is called with it before the first command */
  async deploy(folder: string, began: (port: number) => void): Promise<void> {
    this.#round += 1;
    const port = await freePort();
    began(port);
    const env = { ...process.env, DOCKER_BUILDKIT: '1' };
    for (const [program = '', ...args] of this.argv(folder, port)) await must(program, args, { env });
  }

  /** Removes what the deploy before the newest has left. */
  async retire(): Promise<void> {
    const old = this.#running;
    this.#running = `${this.#name}-${this.#round}`;
    if (old !== undefined) await this.#remove(old);
  }

  async stop(): Promise<void> {
    await this.retire();
    if (this.#round > 0) await this.#remove(`${this.#name}-${this.#round}`);
  }

  async #remove(container: string): Promise<void> {
    await must(this.#docker, ['rm', '-f', container]);
    await must(this.#docker, ['rmi', '-f', container.replace(/-(\d+)$/, ':$1')]);
  }
}
