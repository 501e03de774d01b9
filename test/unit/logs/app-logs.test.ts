import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppLogs, type LogSource, type ReplicaLogs } from '../../../engines/logs/app-logs.ts';
import { KeptLogs } from '../../../engines/logs/kept-logs.ts';
import type { LogOptions } from '../../../engines/port.ts';
import type { StampedLine } from '../../../engines/logs/log-lines.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-app-logs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const SECOND = 1_000;
/** A line each second from 1970 on. */
const lines = (...texts: string[]): StampedLine[] =>
  texts.map((text, index) => ({ at: index * SECOND, stamp: new Date(index * SECOND).toISOString(), text }));

/** Replicas that have written, and write no more. */
function written(logs: Readonly<Record<string, StampedLine[]>>): ReplicaLogs {
  const sources: LogSource[] = Object.keys(logs).map((id, index) => ({
    id,
    release: 1,
    process: 'web',
    index: index + 1,
  }));
  return {
    list: async () => sources,
    // oxlint-disable-next-line typescript/require-await -- the port's shape
    async *tail({ id }, count) {
      yield* (logs[id] ?? []).slice(-count);
    },
    async *follow() {},
    onStart: () => () => undefined,
  };
}

async function read(
  logs: Readonly<Record<string, StampedLine[]>>,
  options: Partial<LogOptions>,
): Promise<string[]> {
  const app = new AppLogs(written(logs), new KeptLogs(folder));
  const texts: string[] = [];
  for await (const { text } of app.read({ id: 'app', name: 'app' }, { tail: 3, follow: false, ...options })) {
    texts.push(text);
  }
  return texts;
}

test('lines since a moment, that moment included', async () => {
  expect(await read({ a: lines('0', '1', '2') }, { since: SECOND })).toEqual(['1', '2']);
});

test('of lines of a level as many as are wanted are found behind any number of others', async () => {
  const a = lines(
    'ERROR one',
    'ERROR two',
    ...Array.from({ length: 500 }, () => 'INFO fine'),
    'ERROR three',
    'fine',
  );
  expect(await read({ a }, { level: 'error' })).toEqual(['ERROR one', 'ERROR two', 'ERROR three']);
});

test("a stack trace goes with its own replica's error, whatever another writes between", async () => {
  const a = lines('Error: boom', '  at a', '  at b');
  const b = lines('GET /', '  indented', 'GET /');
  expect(await read({ a, b }, { level: 'error', tail: 10 })).toEqual(['Error: boom', '  at a', '  at b']);
});
