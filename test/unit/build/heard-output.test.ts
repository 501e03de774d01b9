import { expect, test } from 'vitest';
import { HeardOutput } from '../../../engines/docker/build/heard-output.ts';
import type { Trace, Vertex } from '../../../engines/build/log/trace.ts';

const RUN = 'sha256:run';

function step(changes: Partial<Vertex> = {}): Vertex {
  const vertex = { digest: RUN, name: 'RUN make', cached: false, started: true, startedAt: 'noon' };
  return { ...vertex, completed: false, error: '', ...changes };
}

function says(text: string, vertex?: Vertex): Trace {
  return { vertices: vertex ? [vertex] : [], logs: [{ vertex: RUN, bytes: Buffer.from(text) }] };
}

function textOf({ logs }: Trace): string {
  return logs.map(({ bytes }) => bytes.toString()).join('');
}

test('what is told again is left out, wherever it is cut', () => {
  const heard = new HeardOutput();
  expect(textOf(heard.add(says('one\ntwo\n', step())))).toBe('one\ntwo\n');
  heard.again();
  const told = ['one', '\ntwo\nthree\n', 'four\n'].map((text) => textOf(heard.add(says(text))));
  expect(told).toEqual(['', 'three\n', 'four\n']);
  heard.again();
  expect(textOf(heard.add(says('one\ntwo\nthree\nfour\nfive\n')))).toBe('five\n');
  expect([heard.incomplete(), heard.reruns]).toEqual([[], 0]);
});

test('a step that ended out of hearing has perhaps said more, and did not come out of the cache', () => {
  const heard = new HeardOutput();
  heard.add(says('one\n', step()));
  heard.again();
  const cached = step({ cached: true, startedAt: 'later', completed: true });
  expect(heard.add({ vertices: [cached], logs: [] }).vertices).toEqual([{ ...cached, cached: false }]);
  expect([heard.incomplete(), heard.reruns]).toEqual([[RUN], 0]);
});

test('one that had ended before is whole', () => {
  const heard = new HeardOutput();
  heard.add(says('one\n', step({ completed: true })));
  heard.again();
  heard.add({ vertices: [step({ cached: true, completed: true })], logs: [] });
  expect(heard.incomplete()).toEqual([]);
});

test('a step that runs anew is counted', () => {
  const heard = new HeardOutput();
  heard.add(says('one\n', step()));
  heard.again();
  heard.add(says('one\ntwo\n', step({ startedAt: 'later' })));
  heard.add({ vertices: [step({ startedAt: 'later', completed: true })], logs: [] });
  expect([heard.reruns, heard.incomplete()]).toEqual([1, []]);
});

test("BuildKit's own steps, which run each time, are not counted", () => {
  const heard = new HeardOutput();
  for (const startedAt of ['noon', 'later']) {
    heard.add({ vertices: [step({ startedAt }), step({ startedAt, completed: true })], logs: [] });
    heard.again();
  }
  expect(heard.reruns).toBe(0);
});

test('a step that came out of the cache from the beginning did', () => {
  const heard = new HeardOutput();
  const cached = step({ cached: true, completed: true });
  expect(heard.add({ vertices: [cached], logs: [] }).vertices).toEqual([cached]);
  heard.again();
  expect(heard.add({ vertices: [cached], logs: [] }).vertices).toEqual([cached]);
});
