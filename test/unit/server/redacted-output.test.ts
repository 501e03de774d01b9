import { expect, test } from 'vitest';
import { Redactor } from '../../../core/redaction/redactor.ts';
import type { LogLine } from '../../../engines/port.ts';
import { withoutSecrets } from '../../../server/redaction/log-lines.ts';
import { serverLog } from '../../../server/redaction/server-log.ts';

const redactor = new Redactor([
  { name: 'PASSWORD', value: 'correct "horse" battery' },
  { name: 'KEY', value: 'BEGIN\nfirst line\nxyz\nEND' },
]);

async function* said(...lines: readonly [source: string, text: string][]): AsyncGenerator<LogLine> {
  for (const [index, [source, text]] of lines.entries()) yield { at: index, release: 1, source, text };
}

async function shown(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const all: string[] = [];
  for await (const { at, source, text } of withoutSecrets(lines, () => redactor)) {
    all.push(`${at} ${source} ${text}`);
  }
  return all;
}

test('lines of an app come as they are, but for secrets', async () => {
  expect(await shown(said(['web.1', 'one'], ['web.2', ''], ['web.1', 'is correct "horse" battery']))).toEqual(
    ['0 web.1 one', '1 web.2 ', '2 web.1 is [PASSWORD]'],
  );
});

test('a secret of several lines is found between the lines of other processes', async () => {
  const key = ['the key is BEGIN', 'first line', 'xyz', 'END', 'after'].map(
    (text) => ['web.1', text] as const,
  );
  const [first, second, third, fourth, fifth] = key as unknown as [string, string][];
  const mixed = said(first!, ['web.2', 'hello'], second!, third!, ['web.2', 'BEGIN'], fourth!, fifth!);
  expect(await shown(mixed)).toEqual([
    '1 web.2 hello',
    '0 web.1 the key is [KEY]',
    '6 web.1 after',
    '4 web.2 BEGIN',
  ]);
});

test('a line that may begin a secret is out as soon as the next one of its process says that it does not', async () => {
  const next = Promise.withResolvers<void>();
  async function* live(): AsyncGenerator<LogLine> {
    yield { at: 1, release: 1, source: 'web.1', text: 'BEGIN' };
    yield { at: 2, release: 1, source: 'web.1', text: 'of something else' };
    await next.promise;
  }
  const lines = withoutSecrets(live(), () => redactor);
  expect((await lines.next()).value).toMatchObject({ at: 1, text: 'BEGIN' });
  expect((await lines.next()).value).toMatchObject({ at: 2, text: 'of something else' });
  next.resolve();
  expect((await lines.next()).done).toBe(true);
});

test('the server’s log is JSON without secrets, wherever they stand, and one line when the journal is away', () => {
  const lines: string[] = [];
  const { log, redactWith } = serverLog('info', { write: (line) => void lines.push(line) });
  log.info('before');
  let away = false;
  redactWith({
    get all() {
      if (away) throw new Error('closed');
      return redactor;
    },
  });
  const deep = {
    err: new Error('with correct "horse" battery'),
    list: [{ text: 'correct "horse" battery' }],
  };
  log.warn(deep, 'the password is correct "horse" battery');
  away = true;
  log.info('bye, correct "horse" battery');
  const [before, warned, bye] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(before).toMatchObject({ msg: 'before', part: 'server' });
  expect(warned).toMatchObject({ msg: 'the password is [PASSWORD]', list: [{ text: '[PASSWORD]' }] });
  expect(warned).toMatchObject({ err: { message: 'with [PASSWORD]' } });
  expect(bye).toMatchObject({ msg: 'bye, [PASSWORD]' });
  expect(lines.join('')).not.toContain('battery');
});
