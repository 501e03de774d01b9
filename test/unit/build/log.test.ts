import { describe, expect, it } from 'vitest';
import { exitCode, failureReason } from '../../../engines/build/failures.ts';
import { BuildLog } from '../../../engines/build/log/build-log.ts';
import { OutputLines } from '../../../core/output-lines.ts';
import { decodeTrace } from '../../../engines/build/log/trace.ts';
import type { Trace, Vertex } from '../../../engines/build/log/trace.ts';
import { bytesField, numberField, varint } from '../../../engines/build/session/wire.ts';

const WHOLE_LOGS = 'to see all of it, do this';

const lines = (...chunks: (string | Buffer)[]) => {
  const output = new OutputLines();
  return chunks.map((chunk) => output.push(Buffer.from(chunk as string))).join('') + output.end();
};

describe('OutputLines', () => {
  it.each([
    [['a\nb', 'c\n'], '       a\n       bc\n'],
    [['no end'], '       no end\n'],
    [['10%\r20%', '\r30%\n'], '       30%\n'],
    [['dos\r\nline\r', '\n'], '       dos\n       line\n'],
    [['bar\r\r\n'], '       bar\n'],
    [['\u001b[1mbold\u001b[0m\u001b[2K\u001b]0;title\u0007x\n'], '       \u001b[1mbold\u001b[0mx\n'],
    [['a\u0000\u0008b\tc\u009b2Jd\n'], '       ab\tc2Jd\n'],
    [['\n\n'], '       \n       \n'],
    [[], ''],
  ])('%j is %j', (chunks, text) => {
    expect(lines(...chunks)).toBe(text);
  });

  it('joins characters split over chunks', () => {
    const bytes = Buffer.from('日本\n');
    expect(lines(bytes.subarray(0, 2), bytes.subarray(2, 4), bytes.subarray(4))).toBe('       日本\n');
  });

  it('does not keep an endless line', () => {
    const output = new OutputLines();
    let given = 0;
    for (let count = 0; count < 100; count++) given += output.push(Buffer.alloc(10_000, 'x')).length;
    expect(given).toBeGreaterThan(900_000);
  });
});

const vertex = (digest: string, name: string, changes: Partial<Vertex> = {}): Vertex => ({
  digest,
  name,
  cached: false,
  started: false,
  startedAt: '',
  completed: false,
  error: '',
  ...changes,
});
const trace = (vertices: Vertex[], logs: [string, string][] = []): Trace => ({
  vertices,
  logs: logs.map(([name, text]) => ({ vertex: name, bytes: Buffer.from(text) })),
});

describe('BuildLog', () => {
  it('names each step once, marks cached ones, and hides the inner ones', () => {
    const log = new BuildLog((name) => name, WHOLE_LOGS);
    const inner = vertex('i', '[internal] load build context', { started: true });
    const copy = vertex('c', '[2/3] COPY . .', { started: true, cached: true, completed: true });
    const run = vertex('r', '[3/3] RUN make', { started: true });
    expect(
      log.add(
        trace(
          [inner, copy, run],
          [
            ['i', 'noise\n'],
            ['r', 'built\n'],
          ],
        ),
      ),
    ).toBe('       [2/3] COPY . . CACHED\n       [3/3] RUN make\n       built\n');
    expect(log.add(trace([{ ...run, completed: true }]))).toBe('');
    expect(log.commandsCached).toBe(false);
  });

  it('says whose words they are when two steps speak at once', () => {
    const log = new BuildLog((name) => name, WHOLE_LOGS);
    log.add(
      trace([
        vertex('a', '[x 1/1] RUN a', { started: true }),
        vertex('b', '[y 1/1] RUN b', { started: true }),
      ]),
    );
    expect(
      log.add(
        trace(
          [],
          [
            ['a', '1\n'],
            ['a', '2\n'],
            ['b', '3\n'],
          ],
        ),
      ),
    ).toBe('       [x 1/1] RUN a\n       1\n       2\n       [y 1/1] RUN b\n       3\n');
  });

  it('shows the failed step again where another spoke after it', () => {
    const log = new BuildLog((name) => name, WHOLE_LOGS);
    const a = vertex('a', '[x 1/1] RUN a', { started: true });
    const b = vertex('b', '[y 1/1] RUN b', { started: true });
    log.add(
      trace(
        [a, b],
        [
          ['a', 'assertion failed\n'],
          ['b', 'busy\n'],
        ],
      ),
    );
    log.add(
      trace([
        { ...a, completed: true, error: 'exit code: 1' },
        { ...b, completed: true, error: 'x: context canceled' },
      ]),
    );
    expect(log.failed).toEqual({ instruction: 'RUN a', error: 'exit code: 1', output: 'assertion failed\n' });
    expect(log.failureText()).toBe('       [x 1/1] RUN a\n       assertion failed\n');
  });

  it('decodes and prints 300,000 lines in well under a second each 100,000', () => {
    const log = new BuildLog((name) => name, WHOLE_LOGS);
    log.add(trace([vertex('a', '[1/1] RUN a', { started: true })]));
    const chunk = 'a line of the usual length, with some words in it\n'.repeat(600);
    const message = bytesField(
      3,
      Buffer.concat([bytesField(1, 'a'), numberField(3, 1), bytesField(4, chunk)]),
    );
    const began = performance.now();
    let length = 0;
    for (let count = 0; count < 500; count++) length += log.add(decodeTrace(message)).length;
    expect(length).toBe(500 * 600 * 57);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

describe('decodeTrace', () => {
  it('reads vertices and output, and skips the rest', () => {
    const time = bytesField(5, numberField(1, 1_700_000_000));
    const step = Buffer.concat([
      bytesField(1, 'sha256:a'),
      bytesField(2, 'in'),
      bytesField(3, 'RUN x'),
      numberField(4, 1),
      time,
    ]);
    const message = Buffer.concat([
      bytesField(1, step),
      bytesField(2, 'status'),
      bytesField(4, 'warning'),
      numberField(9, 2n ** 40n),
    ]);
    expect(decodeTrace(message).vertices).toEqual([
      vertex('sha256:a', 'RUN x', {
        cached: true,
        started: true,
        startedAt: numberField(1, 1_700_000_000).toString('latin1'),
      }),
    ]);
  });

  it('refuses what breaks off', () => {
    expect(() => decodeTrace(Buffer.concat([varint(10), varint(100)]))).toThrow(RangeError);
  });
});

describe('failureReason', () => {
  const facts = {
    stage: 'test' as const,
    dockerfile: 'Dockerfile',
    target: 'test',
    locally: ['--target', 'test', '.'],
    command: undefined,
    appName: 'shop',
    missingSecrets: new Set<string>(),
  };
  const step = (instruction: string, error: string) => ({ instruction, error, output: '1\n2\n' });
  it.each([
    [
      'x',
      step('RUN a', 'executor failed running [/bin/sh -c a]: exit code: 2'),
      'test_failed',
      'RUN a failed: exit code 2',
    ],
    [
      'x',
      step('RUN a', 'process "/bin/sh -c a" did not complete successfully: exit code: 137'),
      'test_failed',
      'memory ran out',
    ],
    [
      'x',
      step('COPY a b', 'failed to compute cache key: "/a" not found: not found'),
      'test_failed',
      '/a is not in the build context',
    ],
    ['write /x: no space left on device', undefined, 'disk_full', 'disk'],
    [
      'dockerfile parse error line 3: unknown instruction: RUNN',
      undefined,
      'dockerfile_invalid',
      'Dockerfile, line 3: unknown',
    ],
    [
      'failed to solve: dockerfile parse error on line 4: bad',
      undefined,
      'dockerfile_invalid',
      'Dockerfile, line 4: bad',
    ],
    [
      'failed to solve with frontend dockerfile.v0: failed to create LLB definition: no build stage',
      undefined,
      'dockerfile_invalid',
      'no build stage',
    ],
  ])('%s %j is %s', (error, failed, code, message) => {
    expect(failureReason(facts, error, failed)).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('a command that failed is told with its last lines', () => {
    const { detail } = failureReason(facts, 'x', step('RUN a', 'exit code: 2'));
    expect(detail).toEqual(['1', '2']);
  });

  it('finds no exit code where there is none', () => {
    expect(exitCode('context canceled')).toBeUndefined();
  });
});

it('a step whose name holds escape sequences shows them harmless, on one line', () => {
  const log = new BuildLog((name) => name, WHOLE_LOGS);
  const name = '[1/1] RUN echo "\u001b]0;title\u0007\u009b2J"\r\n  x';
  const text = log.add({ vertices: [vertex('a', name, { started: true })], logs: [] });
  expect(text).toBe('       [1/1] RUN echo "?]0;title??2J" x\n');
});
