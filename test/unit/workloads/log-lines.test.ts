import { once } from 'node:events';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sinceAfter } from '../../../engines/docker/workloads/container-logs.ts';
import { frames } from '../../../engines/docker/workloads/frames.ts';
import { KeptLogs } from '../../../engines/logs/kept-logs.ts';
import { wholeLog, type LogSource } from '../../../engines/docker/workloads/whole-log.ts';
import { LineQueue } from '../../../engines/logs/line-queue.ts';
import { stampedLines, type Frame, type StampedLine } from '../../../engines/logs/log-lines.ts';
import { seeded } from '../../support/random.ts';
import { PackedLines } from '../../../engines/logs/packed-lines.ts';
import { NewestLines } from '../../../engines/logs/newest-lines.ts';

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

describe('packed lines', () => {
  const packed = (bytes: number) => {
    const dropped: string[] = [];
    return { dropped, lines: new PackedLines<string>(bytes, (item) => dropped.push(item)) };
  };

  it('come out as they went in, oldest first, and the oldest go where there is no room', () => {
    const random = seeded(7);
    const { lines, dropped } = packed(1_000);
    const out: string[] = [];
    const into: string[] = [];
    for (let number = 0; number < 5_000; number += 1) {
      const item = `${number} "€\n\u{1f600} ${'x'.repeat(Math.floor(random() * 150))}`;
      const gone = dropped.length;
      lines.push(item);
      into.push(item);
      out.push(...dropped.slice(gone));
      while (random() < 0.4) {
        const taken = lines.shift();
        if (taken !== undefined) out.push(taken);
      }
    }
    expect(dropped.length).toBeGreaterThan(100);
    expect(out.length).toBeGreaterThan(dropped.length + 100);
    for (let left = lines.shift(); left !== undefined; left = lines.shift()) out.push(left);
    expect(out).toEqual(into);
    expect(lines.length).toBe(0);
  });

  it('are kept up to the last byte', () => {
    const { lines, dropped } = packed(2 * (4 + 5));
    for (const text of ['one', 'two']) lines.push(text);
    expect(dropped).toEqual([]);
    lines.push('six');
    expect([dropped, lines.shift(), lines.shift(), lines.shift()]).toEqual([
      ['one'],
      'two',
      'six',
      undefined,
    ]);
  });

  it('do not wait for room that there will never be', () => {
    const { lines, dropped } = packed(20);
    lines.push('small');
    lines.push('x'.repeat(17));
    expect([dropped, lines.length]).toEqual([['small', 'x'.repeat(17)], 0]);
    lines.push('again');
    expect(lines.shift()).toBe('again');
  });
});

describe('a queue with a slow reader', () => {
  type Item = { text: string; notice?: boolean };
  /** One line as it is, and room for two more as bytes. */
  const limits = { lines: 1, characters: 100, bytes: 2 * (4 + JSON.stringify({ text: '1' }).length) };
  const texts = async (queue: LineQueue<Item>): Promise<string[]> =>
    (await all(queue.read())).map(({ text }) => text);
  const queueOf = (...written: string[]): LineQueue<Item> => {
    const queue = new LineQueue<Item>(limits, (count, { text }) => ({
      text: `${count} left out, the last was ${text}`,
    }));
    for (const text of written) expect(queue.push({ text })).toBe(true);
    return queue;
  };

  it('gives all lines in order that there is room for', async () => {
    const queue = queueOf('1', '2', '3');
    const reader = queue.read();
    expect(await reader.next()).toMatchObject({ value: { text: '1' } });
    // Behind those that wait, though the first place is free.
    expect(await reader.next()).toMatchObject({ value: { text: '2' } });
    queue.push({ text: '4' });
    queue.close();
    expect((await all(reader)).map(({ text }) => text)).toEqual(['3', '4']);
  });

  it('keeps the newest lines, and says once how many are missing before them', async () => {
    const queue = queueOf('1', '2', '3', '4', '5');
    queue.close();
    expect(await texts(queue)).toEqual(['3 left out, the last was 3', '4', '5']);
  });

  it('keeps no more of long lines than of short ones', async () => {
    const long = 'x'.repeat(1_000);
    const queue = new LineQueue<Item>({ lines: 100, characters: 100, bytes: 5_000 }, (count) => ({
      text: `${count} left out`,
    }));
    for (const text of ['short', ...Array.from({ length: 10 }, () => long)]) queue.push({ text });
    queue.close();
    expect(await texts(queue)).toEqual(['7 left out', long, long, long, long]);
  });

  it('keeps no single line that is too long either', async () => {
    const queue = queueOf('1', '2', 'z'.repeat(101));
    queue.close();
    expect(await texts(queue)).toEqual([`3 left out, the last was ${'z'.repeat(101)}`]);
  });

  it('leaves nothing out for a reader that keeps up, however long', async () => {
    const queue = queueOf();
    const reader = queue.read();
    for (let number = 0; number < 100; number += 1) {
      queue.push({ text: `${number}` });
      expect(await reader.next()).toMatchObject({ value: { text: `${number}` } });
    }
  });

  it('counts no notices among the lines that are left out, and loses none that stands alone', async () => {
    const notice = { text: 'some may be missing', notice: true };
    const mixed = queueOf('1');
    for (const item of [notice, { text: '2' }, { text: '3' }, { text: '4' }]) mixed.push(item);
    mixed.close();
    expect(await texts(mixed)).toEqual([
      '1 left out, the last was some may be missing',
      'some may be missing',
      '2',
      '3',
      '4',
    ]);
    const alone = queueOf();
    for (const item of [notice, { text: '2' }, { text: '3' }]) alone.push(item);
    alone.close();
    expect(await texts(alone)).toEqual(['some may be missing', '2', '3']);
    const only = new LineQueue<Item>({ ...limits, lines: 0, bytes: 0 }, () => ({
      text: 'lines are missing',
    }));
    only.push(notice);
    only.close();
    expect(await texts(only)).toEqual(['some may be missing']);
  });

  it('goes on after lines were left out', async () => {
    const queue = queueOf('1', '2', '3', '4');
    const reader = queue.read();
    const [first, second] = [await reader.next(), await reader.next()];
    expect([first.value, second.value]).toEqual([{ text: '2 left out, the last was 2' }, { text: '3' }]);
    for (const text of ['5', '6']) queue.push({ text });
    queue.close();
    expect((await all(reader)).map(({ text }) => text)).toEqual(['1 left out, the last was 4', '5', '6']);
  });

  it('takes nothing any more when its reader is gone, and hands over an error', async () => {
    const queue = queueOf('1');
    queue.close(new Error('engine away'));
    expect(queue.push({ text: '2' })).toBe(false);
    await expect(all(queue.read())).rejects.toThrow('engine away');
  });
});

describe('what an engine follows that loses its place', () => {
  const flood = Array.from({ length: 2_000 }, (_, index) => stamped(index / 2));
  const beyond = [stamped(1_500), stamped(1_600)];
  /** Milliseconds. */
  const QUIET = { first: 10, longest: 40 };
  const texts = (lines: StampedLine[]): string[] => lines.map(({ text }) => text);
  const sourceOf = (
    follow: (after: string | undefined, signal: AbortSignal) => AsyncIterable<StampedLine>,
    kept: StampedLine[],
  ): LogSource => ({
    follow,
    since: (stamp) => from(...kept.filter((one) => one.stamp >= stamp)),
    lost: (next) => ({ ...next, text: `lost before ${next.text}` }),
  });
  const whole = async (followed: StampedLine[], kept: StampedLine[]): Promise<string[]> =>
    texts(await all(wholeLog(sourceOf(() => from(...followed), kept))));
  /** Goes on after its lines without a word, as an engine that has lost its place. */
  async function* standing(signal: AbortSignal, ...lines: StampedLine[]): AsyncGenerator<StampedLine> {
    yield* lines;
    if (!signal.aborted) await once(signal, 'abort');
  }
  function stamped(milliseconds: number): StampedLine {
    const at = Date.UTC(2026, 0, 1) + Math.floor(milliseconds);
    const nanos = String(Math.round((milliseconds % 1) * 1e6)).padStart(6, '0');
    return { stamp: new Date(at).toISOString().replace('Z', `${nanos}Z`), at, text: `${milliseconds}` };
  }

  it('gets the lines in between, once', async () => {
    const missed = [stamped(1_100), stamped(1_200)];
    const found = await whole([...flood, ...beyond], [...flood, ...missed, ...beyond]);
    expect(found).toEqual(texts([...flood, ...missed, ...beyond]));
  });

  it('says that lines are gone where the engine has no more of them', async () => {
    const missed = [stamped(1_200)];
    const found = await whole([...flood, ...beyond], [...missed, ...beyond]);
    expect(found).toEqual([...texts(flood), 'lost before 1200', ...texts([...missed, ...beyond])]);
    const nothing = await whole([...flood, ...beyond], beyond);
    expect(nothing).toEqual([...texts(flood), 'lost before 1500', ...texts(beyond)]);
  });

  it('drops what comes twice, and nothing that is only a moment late', async () => {
    const out = flood.map((one): StampedLine => ({ ...one, stream: 'stdout' }));
    const late: StampedLine = { ...stamped(960.25), stream: 'stderr' };
    const twice = [...out, late, ...out.slice(-20), late, ...out];
    expect(await whole([...twice, ...beyond], [...flood, ...beyond])).toEqual(
      texts([...out, late, ...beyond]),
    );
  });

  it.each([
    ['has all that was missed', flood, []],
    ['has lost the place', beyond, ['lost before 1500']],
  ])('is asked anew when it stands still after a flood, and %s', async (_, kept, lost) => {
    const asked: (string | undefined)[] = [];
    const follow = (after: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine> => {
      asked.push(after);
      return asked.length === 1 ? standing(signal, ...flood) : from(...beyond);
    };
    const found = texts(await all(wholeLog(sourceOf(follow, [...kept, ...beyond]), QUIET)));
    expect(found).toEqual([...texts(flood), ...lost, ...texts(beyond)]);
    expect(asked).toEqual([undefined, flood.at(-1)?.stamp]);
  });

  it('is asked anew when what was begun anew stands still as well, after a few lines or none', async () => {
    const answers = [flood, [], beyond.slice(0, 1), beyond.slice(1)];
    const follow = (_: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine> => {
      const answer = answers.shift() ?? [];
      return answers.length === 0 ? from(...answer) : standing(signal, ...answer);
    };
    const found = texts(await all(wholeLog(sourceOf(follow, [...flood, ...beyond]), QUIET)));
    expect(found).toEqual(texts([...flood, ...beyond]));
  });

  it('is waited for when it has had nothing new for long', async () => {
    let asked = 0;
    const stop = new AbortController();
    const follow = (after: string | undefined, signal: AbortSignal): AsyncIterable<StampedLine> => {
      asked += 1;
      if (asked === 4) setTimeout(() => stop.abort(), 3 * QUIET.longest);
      return standing(AbortSignal.any([stop.signal, signal]), ...(after === undefined ? flood : []));
    };
    const found = all(wholeLog(sourceOf(follow, flood), QUIET));
    // Each twice as long as the one before, and after the longest no more.
    expect([(await found).length, asked]).toEqual([flood.length, 4]);
  });

  it('asks for nothing more where lines are few', async () => {
    const few = [stamped(0), stamped(5_000), stamped(9_000)];
    expect(await whole(few, [...few, stamped(6_000)])).toEqual(texts(few));
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
