import { randomBytes } from 'node:crypto';
import { kubectl, tryKubectl } from '../../support/cluster.ts';
import type { Ran } from '../../support/command.ts';
import { testSettings } from '../../support/settings.ts';

/** Seconds; the first packet of a new pod may be lost until every node knows whose it is. */
const PATIENCE = '7';
/** Seconds; of one to whom it is connected, on a busy machine. */
const ANSWERED = '60';

/** A pod of somebody else in a namespace of its own, with curl and `sluice`. */
export class Visitor implements AsyncDisposable {
  readonly namespace = `sluice-test-visitor-${randomBytes(4).toString('hex')}`;

  async start(): Promise<void> {
    await kubectl(['create', 'namespace', this.namespace]);
    const image = [`--image=${testSettings.clusterPlatformImage}`, '--restart=Never', '--grace-period=1'];
    await kubectl(['run', 'visitor', '--namespace', this.namespace, ...image, '--', 'sleep', '3600']);
    const ready = ['--for=condition=Ready', 'pod/visitor', '--namespace', this.namespace, '--timeout=90s'];
    await kubectl(['wait', ...ready], { timeout: 100_000 });
  }

  /** `curl`: the body, and in a line of its own the status. */
  async curl(url: string, args: readonly string[] = [], input = ''): Promise<Ran> {
    const said = [
      '--silent',
      '--show-error',
      '--connect-timeout',
      PATIENCE,
      '--max-time',
      ANSWERED,
      '--write-out',
      '\n%{http_code}',
    ];
    return this.exec(['curl', ...said, ...args, url], input);
  }

  async exec(command: readonly string[], input = ''): Promise<Ran> {
    const where = ['exec', '--namespace', this.namespace, '--stdin', 'visitor', '--'];
    return tryKubectl([...where, ...command], { input });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--wait=false', '--ignore-not-found']);
  }
}
