import { expect, it } from 'vitest';
import {
  planRelease,
  RETRY_FAILED_AFTER,
  type ExistingReplica,
  type Plan,
} from '../../../engines/docker/workloads/plan.ts';

function web(index: number, changes: Partial<ExistingReplica> = {}): ExistingReplica {
  return {
    containerId: `c${index}`,
    process: 'web',
    index,
    generation: 1,
    status: 'running',
    state: 'ready',
    ...changes,
  };
}

const first = { process: 'web', index: 1, generation: 1 };
const again = { process: 'web', index: 1, generation: 2 };
const nothing: Plan = { create: [], start: [], remove: [] };
const old = RETRY_FAILED_AFTER + 1;

it.each<[string, number, ExistingReplica[], Partial<Plan>]>([
  ['nothing there', 1, [], { create: [first] }],
  ['all as asked', 1, [web(1)], {}],
  ['still starting', 1, [web(1, { state: 'starting' })], {}],
  ['unhealthy, which the engine and its own retries mend', 1, [web(1, { state: 'unhealthy' })], {}],
  ['created and never started', 1, [web(1, { status: 'created', state: 'starting' })], { start: ['c1'] }],
  ['stopped by hand', 1, [web(1, { status: 'exited', state: 'exited' })], { start: ['c1'] }],
  ['being started again by the engine', 1, [web(1, { status: 'restarting', state: 'unhealthy' })], {}],
  ['failed just now', 1, [web(1, { status: 'exited', state: 'failed', failedFor: 10 })], {}],
  [
    'failed a while ago',
    1,
    [web(1, { status: 'exited', state: 'failed', failedFor: old })],
    { create: [again], remove: ['c1'] },
  ],
  ['dead', 1, [web(1, { status: 'dead', state: 'stopping' })], { create: [again], remove: ['c1'] }],
  ['about to end', 1, [web(1, { state: 'stopping' })], { create: [again], remove: ['c1'] }],
  ['one too many', 1, [web(1), web(2)], { remove: ['c2'] }],
  ['none asked for', 0, [web(1)], { remove: ['c1'] }],
  [
    'a restart that was cut short, old one ready',
    1,
    [web(1), web(1, { containerId: 'new', generation: 2, state: 'starting' })],
    { remove: ['new'] },
  ],
  [
    'a restart that was cut short, both ready',
    1,
    [web(1), web(1, { containerId: 'new', generation: 2 })],
    { remove: ['c1'] },
  ],
  [
    'a process that is no longer asked for',
    1,
    [web(1), { ...web(1), process: 'old', containerId: 'o' }],
    { remove: ['o'] },
  ],
])('%s', (_, replicas, existing, expected) => {
  expect(planRelease([{ type: 'web', replicas }], existing, new Set())).toEqual({ ...nothing, ...expected });
});

it('leaves alone what a restart is replacing', () => {
  const existing = [web(1), web(1, { containerId: 'new', generation: 2, state: 'starting' })];
  expect(planRelease([{ type: 'web', replicas: 1 }], existing, new Set(['c1', 'new']))).toEqual(nothing);
});
