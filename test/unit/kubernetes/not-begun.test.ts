import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { ClusterRefused, ClusterUnreachable } from '../../../engines/kubernetes/api/errors.ts';
import { notBegun } from '../../../engines/kubernetes/workloads/not-begun.ts';
import { failedCreate } from '../../../engines/kubernetes/workloads/refused-pod.ts';

const QUOTA =
  'pods "run-1" is forbidden: exceeded quota: app, requested: pods=1, used: pods=5, limited: pods=5';

test.each([
  ['a quota', new ClusterRefused(403, 'Forbidden', QUOTA), 422, 'quota_exceeded'],
  ['a policy', new ClusterRefused(403, 'Forbidden', 'denied'), 422, 'pod_refused'],
  ['a cluster that is away', new ClusterUnreachable(new Error('refused')), 503, 'engine_unreachable'],
  ['no node', new Refusal(503, 'unschedulable', 'no room', 'fewer'), 503, 'unschedulable'],
  ['something else', new Error('run-1 did not start within 300 s'), 503, 'start_failed'],
])('a command that did not begin because of %s says so', (_, error, status, code) => {
  const begun = notBegun(error, 'run.1');
  expect(begun).toMatchObject({ status, reason: { code } });
  expect(begun.reason.hint).toMatch(/./);
});

test('why a Job gets no pod is read off its events', async () => {
  const asked: unknown[] = [];
  const answers = (items: object[]) => ({
    stream: (path: string, query: object) => {
      asked.push([path, query]);
      const answer = new PassThrough();
      answer.end(JSON.stringify({ items }));
      return Promise.resolve(answer as unknown as IncomingMessage);
    },
  });
  const { signal } = new AbortController();
  const job = { namespace: 'n', name: 'run-1' };
  expect(await failedCreate(answers([{ message: QUOTA }]), job, signal)).toBe(QUOTA);
  expect(await failedCreate(answers([]), job, signal)).toBeUndefined();
  expect(asked[0]).toEqual([
    '/api/v1/namespaces/n/events',
    { fieldSelector: 'involvedObject.kind=Job,involvedObject.name=run-1,reason=FailedCreate' },
  ]);
});
