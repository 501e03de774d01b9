import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sinceAfter } from '../../../engines/docker/workloads/container-logs.ts';
import { frames, type Frame } from '../../../engines/docker/workloads/frames.ts';
import { KeptLogs } from '../../../engines/docker/workloads/kept-logs.ts';
import { LineQueue } from '../../../engines/docker/workloads/line-queue.ts';
import { stampedLines, type StampedLine } from '../../../engines/docker/workloads/log-lines.ts';
import { NewestLines } from '../../../engines/docker/workloads/newest-lines.ts';

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function* from<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

function framed(stream: 1 | 2, data: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(data), 4);
  return Buffer.concat([header, Buffer.from(data)]);
}

function line(second: number, text: string): StampedLine {
  const stamp = `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`;
  return { stamp, at: Date.parse(stamp), text };
}

const STAMP = '2026-01-01T00:00:01.123456789Z';

describe('frames', () => {
  const whole = Buffer.concat([framed(1, 'out'), framed(2, 'err'), framed(1, ''), framed(1, 'more')]);

  it.each([1, 2, 3, 7, 8, 9, 1_000])('are found in pieces of %i bytes', async (size) => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
    const texts = { stdout: '', stderr: '' };
    for await (const frame of frames(from(...pieces))) texts[frame.stream] += frame.data.toString();
    expect(texts).toEqual({ stdout: 'outmore', stderr: 'err' });
  });
});

describe('stamped lines', () => {
  const frame = (stream: Frame['stream'], text: string): Frame => ({ stream, data: Buffer.from(text) });

  it('never mix stdout and stderr within a line, nor tear a character', async () => {
    const euro = Buffer.from('€');
    const lines = await all(
      stampedLines(
        from(
          frame('stdout', `${STAMP} one `),
          frame('stderr', `${STAMP} bad\r\n`),
          { stream: 'stdout' as const, data: euro.subarray(0, 1) },
          { stream: 'stdout' as const, data: euro.subarray(1) },
          frame('stdout', `\n${STAMP} \n${STAMP} last`),
        ),
      ),
    );
    expect(lines.map((entry) => entry.text)).toEqual(['bad', 'one €', '', 'last']);
    expect(lines[0]?.at).toBe(Date.parse('2026-01-01T00:00:01.123Z'));
  });

  it('are cut when they have no end', async () => {
    const [only] = await all(stampedLines(from(frame('stdout', `${STAMP} ${'x'.repeat(1_000_000)}\n`))));
    expect(only?.text.length).toBeLessThan(70_000);
  });
});

it.each([
  ['2026-01-01T00:00:01.123456789Z', '1767225601.123456790'],
  ['2026-01-01T00:00:01Z', '1767225601.000000001'],
  ['2026-01-01T00:00:01.999999999Z', '1767225602.000000000'],
])('goes on just after %s', (stamp, expected) => {
  expect(sinceAfter(stamp)).toBe(expected);
});

describe('the newest lines', () => {
  it('are kept in order from sources in any order', () => {
    const newest = new NewestLines<StampedLine>(3, 1_000);
    for (const second of [5, 1, 4, 2, 3]) newest.add(line(second, `${second}`));
    expect(newest.lines().map((entry) => entry.text)).toEqual(['3', '4', '5']);
  });

  it('are bounded in characters too', () => {
    const newest = new NewestLines<StampedLine>(1_000, 100);
    for (let second = 0; second < 60; second += 1) newest.add(line(second, 'x'.repeat(30)));
    expect(newest.lines()).toHaveLength(3);
  });
});

describe('a queue with a slow reader', () => {
  it('makes its writer wait while it is full', async () => {
    const queue = new LineQueue<number>(2);
    let written = 0;
    const writing = (async () => {
      for (let item = 1; item <= 5; item += 1) {
        await queue.push(item);
        written = item;
      }
      queue.close();
    })();
    const reader = queue.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(2);
    expect(await all(reader)).toEqual([1, 2, 3, 4, 5]);
    await writing;
  });

  it('lets its writer go when the reader does, and hands over an error', async () => {
    const queue = new LineQueue<number>(1);
    await queue.push(1);
    const second = queue.push(2);
    queue.close(new Error('engine away'));
    expect(await second).toBe(false);
    await expect(all(queue.read())).rejects.toThrow('engine away');
  });
});

describe('kept logs', () => {
  async function logs(): Promise<{ kept: KeptLogs; folder: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-kept-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return { kept: new KeptLogs(folder), folder };
  }
  const web = { appId: 'app000000000', releaseNumber: 3, process: 'web', index: 1 };

  it('hold the end of what a replica wrote, and add its successor at the same place', async () => {
    const { kept } = await logs();
    await kept.keep(web, from(line(1, 'one'), line(2, 'two')));
    await kept.keep(web, from(line(2, 'two'), line(3, 'three')));
    const [log] = await kept.list(web.appId);
    expect(log).toMatchObject({ release: 3, process: 'web', index: 1 });
    const texts = log === undefined ? [] : (await all(kept.lines(log))).map((entry) => entry.text);
    expect(texts).toEqual(['one', 'two', 'three']);
  });

  it('take 1 MiB a replica at most, and keep the newest', async () => {
    const { kept } = await logs();
    const many = Array.from({ length: 60 }, (_, second) => line(second, 'x'.repeat(60_000)));
    await kept.keep(web, from(...many, line(59, 'the end')));
    const [log] = await kept.list(web.appId);
    const lines = log === undefined ? [] : await all(kept.lines(log));
    expect(lines.length).toBeGreaterThan(15);
    expect(lines.reduce((sum, entry) => sum + entry.text.length, 0)).toBeLessThan(1_048_576);
    expect(lines.at(-1)?.text).toBe('the end');
  });

  it('go when they are old, and with their app', async () => {
    const { kept } = await logs();
    await kept.keep(web, from(line(1, 'old')));
    await kept.keep({ ...web, index: 2 }, from(line(1, 'new')));
    const [old] = await kept.list(web.appId);
    await utimes(old?.path ?? '', 1_000, 1_000);
    await kept.prune(2_000_000);
    expect((await kept.list(web.appId)).map((log) => log.index)).toEqual([2]);
    await kept.removeApp(web.appId);
    expect(await kept.list(web.appId)).toEqual([]);
    expect(await kept.appIds()).toEqual([]);
  });
});
