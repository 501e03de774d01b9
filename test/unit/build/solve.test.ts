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

/** An engine that answers a build with these pieces, and says whether somebody hung up. */
function answering(pieces: Iterable<string>): { engine: Engine; answer: Readable } {
  const answer = Readable.from(pieces, { objectMode: false });
  return { engine: { build: async () => answer } as unknown as Engine, answer };
}

function* endless(): Generator<string> {
  for (;;) yield EMPTY.repeat(100);
}

const run = (engine: Engine): Promise<unknown> =>
  solve(engine, REQUEST, new AbortController().signal, async () => undefined);

test('some empty messages are nothing to wonder about', async () => {
  const { engine } = answering([EMPTY.repeat(20), IMAGE]);
  expect(await run(engine)).toEqual({ image: 'sha256:1234' });
});

test('an engine whose progress turns in a circle is hung up on, and may be tried again', async () => {
  const { engine, answer } = answering(endless());
  const error = await run(engine).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EngineUnreachable);
  expect(String(error)).toContain('its progress is stuck');
  expect(answer.destroyed).toBe(true);
});
