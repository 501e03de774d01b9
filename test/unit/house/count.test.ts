import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const count = path.resolve(import.meta.dirname, '../../../scripts/lib/count.mjs');
const checkout = path.resolve(import.meta.dirname, '../../..');
const shellSettings = {
  ...process.env,
  SLUICE_CHECKOUT: checkout,
  SLUICE_CACHE: '/nowhere',
};
let reports: string;
beforeEach(async () => {
  reports = await mkdtemp(path.join(tmpdir(), 'sluice-count-'));
});
afterEach(async () => {
  await rm(reports, { recursive: true });
});

/** Lines and exit status of the sum over `parts`. */
async function endOf(...parts: string[]): Promise<{ lines: string[]; status: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [count, reports, ...parts], (error, stdout) => {
      resolve({ lines: stdout.trim().split('\n'), status: error === null ? 0 : Number(error.code) });
    });
  });
}

/** Last line and exit status. */
async function sumOf(...parts: string[]): Promise<{ line: string | undefined; status: number }> {
  const { lines, status } = await endOf(...parts);
  return { line: lines.at(-1), status };
}

interface FileReport {
  name?: string;
  status: string;
  message?: string;
  assertionResults: { fullName?: string; status: string; failureMessages?: string[] }[];
}

/** Of one file, with so many tests of each kind. */
function tests(numbers: Partial<Record<'passed' | 'failed' | 'skipped', number>>): FileReport[] {
  const assertionResults = Object.entries(numbers).flatMap(([status, many]) =>
    Array.from({ length: many }, (_, at) => ({ fullName: `${status} ${at}`, status })),
  );
  return [{ name: 'a.test.ts', status: (numbers.failed ?? 0) > 0 ? 'failed' : 'passed', assertionResults }];
}

async function vitestReport(
  part: string,
  files: FileReport[],
  runnerStatus = 0,
  unhandled: { file?: string; message: string }[] = [],
): Promise<void> {
  await writeFile(path.join(reports, `${part}.json`), JSON.stringify({ testResults: files }));
  await writeFile(path.join(reports, `${part}.status`), `${runnerStatus}\n`);
  await writeFile(path.join(reports, `${part}.unhandled.json`), JSON.stringify(unhandled));
}

test('checks and tests are added up', async () => {
  await writeFile(path.join(reports, 'lint.check'), 'passed\n');
  await vitestReport('unit', tests({ passed: 7 }));
  expect(await sumOf('lint', 'unit')).toEqual({ line: '8 passed, 0 failed', status: 0 });
});

test('a skipped test counts as failed', async () => {
  await vitestReport('unit', tests({ passed: 5, skipped: 2 }));
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 2 failed', status: 1 });
});

test('a part that gave no report counts as failed', async () => {
  await vitestReport('unit', tests({ passed: 5 }));
  expect(await sumOf('unit', 'e2e')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a file that could not be loaded counts as failed', async () => {
  await vitestReport('unit', [...tests({ passed: 5 }), { status: 'failed', assertionResults: [] }], 1);
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a runner that ended badly with no failed test counts as failed', async () => {
  await vitestReport('unit', tests({ passed: 5 }), 124);
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a project without tests counts as failed', async () => {
  await vitestReport('unit', []);
  expect(await sumOf('unit')).toEqual({ line: '0 passed, 1 failed', status: 1 });
});

test('what failed and what was skipped is listed before the sum, with why', async () => {
  await vitestReport('unit', [
    {
      name: path.join(checkout, 'test/unit/a.test.ts'),
      status: 'failed',
      assertionResults: [
        { fullName: 'a good one', status: 'passed' },
        { fullName: 'a later one', status: 'skipped' },
        {
          fullName: 'a bad\none',
          status: 'failed',
          failureMessages: ['\u001b[31mError\u001b[39m: it\u0007 broke\nhere\n    at there', 'another'],
        },
      ],
    },
  ]);
  await vitestReport('e2e', [
    {
      name: '/elsewhere/b.test.ts',
      status: 'failed',
      message: '\n\u001b]0;title\u0007Cannot find package x\r\nmore',
      assertionResults: [],
    },
  ]);
  expect(await endOf('unit', 'e2e')).toEqual({
    lines: [
      'unit        1 passed, 2 failed (1 skipped)',
      'e2e         0 passed, 1 failed (1 files could not run)',
      'unit failed: test/unit/a.test.ts > a bad one',
      '    Error: it broke',
      '    here',
      'e2e failed: /elsewhere/b.test.ts',
      '    Cannot find package x',
      '    more',
      'unit skipped: test/unit/a.test.ts > a later one',
      '1 passed, 3 failed',
    ],
    status: 1,
  });
});

test('of a long message the beginning and the end are listed, and no stack', async () => {
  const log = Array.from({ length: 50 }, (_, at) => `line ${at}`).join('\n');
  const failed = { fullName: 'a', status: 'failed', failureMessages: [`${log}\n    at there\n    at here`] };
  await vitestReport('unit', [{ name: 'a.test.ts', status: 'failed', assertionResults: [failed] }]);
  const { lines } = await endOf('unit');
  expect(lines.slice(2, -1)).toEqual(
    ['line 0', 'line 1', '…', ...Array.from({ length: 8 }, (_, at) => `line ${at + 42}`)].map(
      (line) => `    ${line}`,
    ),
  );
});

test('the list has an end, and so has each of its lines', async () => {
  const failed = Array.from({ length: 25 }, (_, index) => ({
    fullName: `${index} ${'é'.repeat(300)}`,
    status: 'failed',
    failureMessages: ['x'.repeat(1_000_000)],
  }));
  await vitestReport('unit', [{ name: 'a.test.ts', status: 'failed', assertionResults: failed }]);
  const { lines } = await endOf('unit');
  expect(lines).toHaveLength(1 + 20 * 2 + 2);
  expect(lines.slice(1, 41).map((line) => line.length)).toEqual(Array.from({ length: 40 }, () => 200));
  expect(lines.slice(-2)).toEqual(['and 5 more', '0 passed, 25 failed']);
});

test('a run without a fault lists nothing', async () => {
  await vitestReport('unit', [
    { name: 'a.test.ts', status: 'passed', assertionResults: [{ fullName: 'a', status: 'passed' }] },
  ]);
  expect((await endOf('unit')).lines).toEqual(['unit        1 passed, 0 failed', '1 passed, 0 failed']);
});

test('an error that no test caught counts as failed, and is listed with where it came from', async () => {
  const file = path.join(checkout, 'test/e2e/a.test.ts');
  const unhandled = { file, message: 'Error: write EPIPE\nat there (b.ts:1:2)' };
  await vitestReport('e2e', tests({ passed: 2 }), 1, [unhandled]);
  expect(await endOf('e2e')).toEqual({
    lines: [
      'e2e         2 passed, 1 failed (1 errors that no test caught)',
      'e2e failed: test/e2e/a.test.ts > an error that no test caught',
      '    Error: write EPIPE',
      '    at there (b.ts:1:2)',
      '2 passed, 1 failed',
    ],
    status: 1,
  });
});

describe('files that were run again', () => {
  const shaky = { fullName: 'a', status: 'failed', failureMessages: ['Error: too slow'] };
  const first = [
    { name: 'a.test.ts', status: 'failed', assertionResults: [shaky, { fullName: 'b', status: 'passed' }] },
    { name: 'c.test.ts', status: 'passed', assertionResults: [{ fullName: 'c', status: 'passed' }] },
  ];
  const again = (status: string): FileReport[] => {
    const assertionResults = [
      { ...shaky, status },
      { fullName: 'b', status: 'passed' },
    ];
    return [{ name: 'a.test.ts', status, assertionResults }];
  };

  test('count by their second run, and what failed in the first is still listed', async () => {
    await vitestReport('e2e', first, 1);
    await vitestReport('e2e.again', again('passed'));
    expect(await endOf('e2e')).toEqual({
      lines: [
        'e2e         3 passed, 0 failed (1 passed only when run again)',
        'e2e failed, and passed when run again: a.test.ts > a',
        '    Error: too slow',
        '3 passed, 0 failed',
      ],
      status: 0,
    });
  });

  test('count as failed when they fail again', async () => {
    await vitestReport('e2e', first, 1);
    await vitestReport('e2e.again', again('failed'), 1);
    expect(await endOf('e2e')).toEqual({
      lines: [
        'e2e         2 passed, 1 failed',
        'e2e failed: a.test.ts > a',
        '    Error: too slow',
        '2 passed, 1 failed',
      ],
      status: 1,
    });
  });

  test('count as failed when the first run ended for another reason, too', async () => {
    await vitestReport('e2e', first, 124);
    await vitestReport('e2e.again', again('passed'));
    expect((await endOf('e2e')).lines.at(-1)).toBe('3 passed, 1 failed');
  });

  test('count as in the first run when the second did not come to its end', async () => {
    await vitestReport('e2e', first, 1);
    expect((await endOf('e2e')).lines.at(-1)).toBe('2 passed, 1 failed');
  });

  const failed = (name: string): FileReport => ({ name, status: 'failed', assertionResults: [] });
  test.each([
    ['that failed', first, [], ['a.test.ts']],
    ['with an error that no test caught', first.slice(1), ['d.test.ts'], ['d.test.ts']],
    ['of which there are none when too many failed', ['a', 'b', 'c', 'd'].map(failed), [], []],
    ['of which there are none when it is not known whose an error was', first, [undefined], []],
    ['of which there are none when all is well', first.slice(1), [], []],
  ])('are those %s', async (_name, files, uncaught, expected) => {
    await vitestReport(
      'e2e',
      files,
      1,
      uncaught.map((file) => ({ ...(file === undefined ? {} : { file }), message: 'x' })),
    );
    const list = path.join(path.dirname(count), 'files-to-repeat.mjs');
    const out = await new Promise<string>((resolve) => {
      execFile(process.execPath, [list, reports, 'e2e'], (_error, stdout) => resolve(stdout));
    });
    expect(out.split('\n').filter(Boolean)).toEqual(expected);
  });
});

test('./scripts/test ends with the status of the count', async () => {
  const end = (verdict: string) => {
    const script = `. "$0/test.sh"; leave_docker_engine() { :; }; REPORTS=$(mktemp -d -p "$1") TMPDIR=$(mktemp -d -p "$1")
      parts=(lint); echo ${verdict} >"$REPORTS/lint.check"; true; test_end`;
    return new Promise<number>((resolve) => {
      execFile('bash', ['-c', script, path.dirname(count), reports], { env: shellSettings }, (error) => {
        resolve(error === null ? 0 : Number(error.code));
      });
    });
  };
  expect(await end('passed')).toBe(0);
  expect(await end('failed')).toBe(1);
});
