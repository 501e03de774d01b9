import { expect, test } from 'vitest';
import { Recorder, readRecord } from '../../../engines/kubernetes/build/records.ts';
import type { JobRecord } from '../../../engines/kubernetes/build/records.ts';

async function recorded(act: (recorder: Recorder) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await act(new Recorder(async (line) => void lines.push(line)));
  return lines;
}

const read = (lines: readonly string[]): JobRecord[] => lines.map((line) => readRecord(line) as JobRecord);

test('records are numbered, and carry the bytes before them', async () => {
  const lines = await recorded(async (recorder) => {
    await recorder.stage('test');
    await recorder.log('ünd\n');
    await recorder.log('more\n');
    await recorder.say({ end: 'passed' });
  });
  expect(read(lines)).toEqual([
    { n: 0, o: 0, stage: 'test' },
    { n: 1, o: 0, log: 'ünd\n' },
    { n: 2, o: 5, log: 'more\n' },
    { n: 3, o: 10, end: 'passed' },
  ]);
});

test.each([
  ['letters', 'x'.repeat(100_000)],
  ['what JSON writes long', '\u001b[31m\u0000'.repeat(20_000)],
  ['pairs of surrogates', `x${'😀'.repeat(30_000)}`],
])('much text of %s is cut into lines that the kubelet keeps whole', async (_, text) => {
  const lines = await recorded((recorder) => recorder.log(text));
  for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(16 * 1024);
  const records = read(lines) as (JobRecord & { log: string })[];
  expect(records.map(({ log }) => log).join('')).toBe(text);
  let bytes = 0;
  for (const { o, log } of records) {
    expect(o).toBe(bytes);
    bytes += Buffer.byteLength(log);
  }
});

test('other lines are no records', () => {
  expect(['', 'Error: x', '{"n":1', '{"log":"x"}'].map(readRecord)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
