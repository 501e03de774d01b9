import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Engine } from '../../../engines/docker/build/engine.ts';
import { EngineUnreachable } from '../../../engines/docker/client.ts';
import { solve } from '../../../engines/docker/build/solve.ts';

const REQUEST = {
  id: 'one',
  session: 's',
  dockerfile: 'Dockerfile',
  target: undefined,
  args: {},
  labels: {},
  noCache: false,
};
const EMPTY = '{"id":"moby.buildkit.trace","aux":""}\n';
const IMAGE = '{"id":"moby.image.id","aux":{"ID":"sha256:1234"}}\n';

/** An engine that answers a build with these pieces, each time it is asked with the next ones; and the answers. */
function answering(...times: Iterable<string>[]): { engine: Engine; answers: Readable[] } {
  const answers: Readable[] = [];
  const build = async (): Promise<Readable> => {
    const answer = Readable.from(times[answers.length] ?? [], { objectMode: false });
    answers.push(answer);
    return answer;
  };
  return { engine: { build } as unknown as Engine, answers };
}

function* endless(): Generator<string> {
  for (;;) yield EMPTY.repeat(100);
}

const run = (engine: Engine): Promise<unknown> =>
  solve(engine, REQUEST, new AbortController().signal, async () => undefined);

test('some empty messages are nothing to wonder about', async () => {
  const { engine, answers } = answering([EMPTY.repeat(20), IMAGE]);
  expect(await run(engine)).toEqual({ image: 'sha256:1234' });
  expect(answers).toHaveLength(1);
});

test('an engine whose progress turns in a circle is asked again, and the first answer is let go', async () => {
  const { engine, answers } = answering(endless(), [IMAGE]);
  expect(await run(engine)).toEqual({ image: 'sha256:1234' });
  expect(answers.map(({ destroyed }) => destroyed)).toEqual([true, true]);
});

test('one that hangs up before the end may be tried again', async () => {
  const { engine } = answering([EMPTY]);
  await expect(run(engine)).rejects.toBeInstanceOf(EngineUnreachable);
});
