import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../engines/kubernetes/api/cluster.ts';
import { JobWatch } from '../../../engines/kubernetes/build/job-watch.ts';
import { eventually } from '../../support/eventually.ts';

/** An API server without objects, whose watches the test writes; they break when nobody wants them any more. */
class ApiServer {
  readonly cluster = {
    stream: async (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => {
      const answer = new PassThrough();
      if (query['watch'] === 'true') {
        this.watches.push({ what: query['fieldSelector'] ?? path, answer });
        signal.addEventListener('abort', () => answer.destroy(new Error('aborted')));
      } else answer.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [] }));
      return answer as unknown as IncomingMessage;
    },
  } as unknown as Cluster;
  private readonly watches: { readonly what: string; readonly answer: PassThrough }[] = [];
  private version = 1;

  async tell(what: RegExp, object: Record<string, unknown> & { metadata?: object }): Promise<void> {
    await eventually(`a watch of ${what.source}`, () => this.watches.some((watch) => what.test(watch.what)));
    const metadata = { ...object.metadata, resourceVersion: String(++this.version) };
    const line = JSON.stringify({ type: 'ADDED', object: { ...object, metadata } });
    this.watches.findLast((watch) => what.test(watch.what))?.answer.write(`${line}\n`);
  }

  isOpen(what: RegExp): boolean {
    return this.watches.some((watch) => what.test(watch.what) && !watch.answer.destroyed);
  }
}

const pod = (state: object) => ({
  metadata: { namespace: 'n', name: 'build-x' },
  spec: { nodeName: 'node1' },
  status: { initContainerStatuses: [{ name: 'buildkit', state }] },
});

test('events say why there is no pod, then why it has not begun, and are left alone once it has', async () => {
  const server = new ApiServer();
  await using watch = new JobWatch(server.cluster, 'n', 'build', 'a=b');
  await server.tell(/kind=Job,/, { reason: 'FailedCreate', message: 'exceeded quota' });
  await eventually('the refusal is heard', () => watch.state.refusal === 'exceeded quota');

  await server.tell(/pods$/, pod({ waiting: { reason: 'PodInitializing' } }));
  await eventually('the Job is left alone', () => !server.isOpen(/kind=Job,/));
  await server.tell(/kind=Pod,involvedObject.name=build-x$/, { reason: 'Scheduled', message: 'to node1' });
  await server.tell(/kind=Pod,/, { reason: 'FailedMount', message: 'secret "login" not found' });
  await eventually('the trouble is heard', () => watch.state.mountTrouble === 'secret "login" not found');
  expect(watch.state.refusal).toBeUndefined();

  await server.tell(/kind=Pod,/, { reason: 'Pulling', message: 'image' });
  await eventually('it is over', () => watch.state.mountTrouble === undefined);
  await server.tell(/pods$/, pod({ running: {} }));
  await eventually('the pod is left alone', () => !server.isOpen(/kind=Pod,/));
});
