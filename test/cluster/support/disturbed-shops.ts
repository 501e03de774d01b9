import { randomBytes } from 'node:crypto';
import { appNamespace } from '../../../engines/kubernetes/labels.ts';
import type { Ran } from '../../support/command.ts';
import { kubectl } from '../../support/cluster.ts';
import { startOnCluster } from '../../support/cluster-platform.ts';
import { eventually } from '../../support/eventually.ts';
import { type LoadReport, openLoop } from '../../support/open-loop.ts';
import type { Platform } from '../../support/platform.ts';
import { SecondRouter } from '../../support/second-router.ts';
import { tinyApp } from '../../support/tiny-app.ts';

/** Of the users of each shop, at each of two routers. */
const RATE = 25;

/** What it answers with 500 is said by its config, so that a release needs no build. */
const APP = `const { createServer } = require('node:http');
const failsOneIn = Number(process.env.FAILS_ONE_IN ?? 0);
let asked = 0;
const server = createServer((request, response) => {
  if (request.url === '/health') return response.end('well');
  asked += 1;
  const fails = failsOneIn > 0 && asked % failsOneIn === 0;
  response.statusCode = fails ? 500 : 200;
  response.end(fails ? 'sorry' : process.env.SLUICE_RELEASE);
});
server.keepAliveTimeout = 60000;
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const FILES = {
  Dockerfile: 'FROM node:26-slim\nUSER 1000\nEXPOSE 8080\nCOPY app.js /app.js\nCMD ["node", "/app.js"]\n',
  'app.js': APP,
  'sluice.yaml': `web: {health: {path: /health}, grace: 2s}
scale: {web: 2}
canary: {steps: [10, 50], bake: 5s, min_requests: 20, max_wait: 60s, max_latency_ratio: 100, keep: 0s}
`,
};

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
}

/** A platform of two routers, with shops of two replicas whose releases others disturb. */
export class DisturbedShops implements AsyncDisposable {
  readonly platform: Platform;
  readonly installationId: string;
  readonly #second: SecondRouter;
  readonly #builds: string;

  private constructor(platform: Platform, second: SecondRouter, builds: string, installationId: string) {
    this.platform = platform;
    this.installationId = installationId;
    this.#second = second;
    this.#builds = builds;
  }

  static async open(): Promise<DisturbedShops> {
    const builds = `sluice-test-builds-${randomBytes(4).toString('hex')}`;
    await kubectl(['create', 'namespace', builds]);
    await kubectl(['label', 'namespace', builds, 'pod-security.kubernetes.io/enforce=privileged']);
    const platform = await startOnCluster({}, builds);
    const second = await SecondRouter.beside(platform);
    const { installationId } = (await platform.api('/v1/status')) as { installationId: string };
    return new DisturbedShops(platform, second, builds, installationId);
  }

  /** Its first release is live. */
  async shop(name: string): Promise<Shop> {
    await this.platform.sluiceOk(['apps:create', name]);
    const path = await this.platform.repository(name, tinyApp('', FILES));
    const push = await this.platform.git(path, ['push', 'platform', 'main']);
    if (push.code !== 0) throw new Error(push.output);
    const info = await this.platform.sluiceOk(['apps:info', '-a', name, '--json']);
    const { id } = JSON.parse(info) as { id: string };
    return new Shop(this.platform, name, appNamespace(this.installationId, id), [
      this.platform.httpPort,
      this.#second.httpPort,
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#second.stop();
    await this.platform.stop();
    await kubectl(['delete', 'namespace', this.#builds, '--wait=false']);
  }
}

/** One app, its users, and its pods. */
export class Shop {
  readonly name: string;
  readonly namespace: string;
  readonly #platform: Platform;
  readonly #ports: readonly number[];

  constructor(platform: Platform, name: string, namespace: string, ports: readonly number[]) {
    this.#platform = platform;
    this.name = name;
    this.namespace = namespace;
    this.#ports = ports;
  }

  /** @returns how they stop, with what they have seen at both routers */
  users(): () => Promise<LoadReport> {
    const stops = this.#ports.map((port) => openLoop(port, `${this.name}.localhost:${port}`, RATE));
    return async () => {
      const reports = await Promise.all(stops.map((stop) => stop()));
      const byBody: Record<string, number> = {};
      for (const report of reports)
        for (const [body, count] of Object.entries(report.byBody)) byBody[body] = (byBody[body] ?? 0) + count;
      const sum = (of: (report: LoadReport) => number): number =>
        reports.reduce((all, report) => all + of(report), 0);
      return {
        sent: sum(({ sent }) => sent),
        answered: sum(({ answered }) => answered),
        failed: reports.flatMap(({ failed }) => failed),
        byBody,
      };
    };
  }

  /** A release of another config, up to its verdict. */
  release(config: string): Promise<Ran> {
    return this.#platform.sluice(['config:set', config, '-a', this.name]);
  }

  /** The pods of its newest release, once that has a share of the requests. */
  async canary(): Promise<[Pod, ...Pod[]]> {
    const number = await eventually(`${this.name} has a canary`, async () => {
      const shown = await this.#platform.sluiceOk(['rollouts:show', '-a', this.name, '--json']);
      const { state, release } = JSON.parse(shown) as { state: string; release: number };
      return state === 'canary' && release;
    });
    return (await this.pods(`sluice.dev/release-number=${number}`)) as [Pod, ...Pod[]];
  }

  async pods(selector: string): Promise<Pod[]> {
    const where = ['--namespace', this.namespace, '--selector', selector];
    const fields = 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}';
    const text = await kubectl(['get', 'pods', ...where, '--output', fields]);
    return text
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', node = '']) => ({ namespace: this.namespace, name, node }));
  }
}
