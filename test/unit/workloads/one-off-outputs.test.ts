import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { apart } from '../../../engines/docker/workloads/one-offs.ts';

/** As the engine frames what a command writes to its stdout. */
function framed(data: Buffer): Buffer {
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

test('a command that writes much to a slow reader leaves no listener behind for each piece', async () => {
  const engine = new PassThrough();
  const { stream, stderr } = apart(engine);
  let heard = 0;
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', warned);
  stderr.resume();
  stream.on('data', (piece: Buffer) => (heard += piece.length));
  for (let i = 0; i < 200; i += 1) {
    engine.write(framed(Buffer.alloc(64 * 1024)));
    await turn();
  }
  engine.end();
  await turn();
  process.off('warning', warned);
  expect(heard).toBeGreaterThan(100 * 64 * 1024);
  expect(warnings).toEqual([]);
  stream.destroy();
});
