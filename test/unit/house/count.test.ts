import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const count = path.resolve(import.meta.dirname, '../../../scripts/lib/count.mjs');
const shellSettings = {
  ...process.env,
  SLUICE_CHECKOUT: path.resolve(import.meta.dirname, '../../..'),
  SLUICE_CACHE: '/nowhere',
};
let reports: string;
beforeEach(async () => {
  reports = await mkdtemp(path.join(tmpdir(), 'sluice-count-'));
});
afterEach(async () => {
  await rm(reports, { recursive: true });
});

/** Last line and exit status of the sum over `parts`. */
async function sumOf(...parts: string[]): Promise<{ line: string | undefined; status: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [count, reports, ...parts], (error, stdout) => {
      resolve({ line: stdout.trim().split('\n').at(-1), status: error === null ? 0 : Number(error.code) });
    });
  });
}

async function vitestReport(
  part: string,
  numbers: { passed: number; failed: number; total: number },
  runnerStatus = 0,
  files: { status: string; assertionResults: { status: string }[] }[] = [],
): Promise<void> {
  const report = {
    numPassedTests: numbers.passed,
    numFailedTests: numbers.failed,
    numTotalTests: numbers.total,
    testResults: files,
  };
  await writeFile(path.join(reports, `${part}.json`), JSON.stringify(report));
  await writeFile(path.join(reports, `${part}.status`), `${runnerStatus}\n`);
}

test('checks and tests are added up', async () => {
  await writeFile(path.join(reports, 'lint.check'), 'passed\n');
  await vitestReport('unit', { passed: 7, failed: 0, total: 7 });
  expect(await sumOf('lint', 'unit')).toEqual({ line: '8 passed, 0 failed', status: 0 });
});

test('a skipped test counts as failed', async () => {
  await vitestReport('unit', { passed: 5, failed: 0, total: 7 });
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 2 failed', status: 1 });
});

test('a part that gave no report counts as failed', async () => {
  await vitestReport('unit', { passed: 5, failed: 0, total: 5 });
  expect(await sumOf('unit', 'e2e')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a file that could not be loaded counts as failed', async () => {
  await vitestReport('unit', { passed: 5, failed: 0, total: 5 }, 1, [
    { status: 'failed', assertionResults: [] },
  ]);
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a runner that ended badly with no failed test counts as failed', async () => {
  await vitestReport('unit', { passed: 5, failed: 0, total: 5 }, 124);
  expect(await sumOf('unit')).toEqual({ line: '5 passed, 1 failed', status: 1 });
});

test('a project without tests counts as failed', async () => {
  await vitestReport('unit', { passed: 0, failed: 0, total: 0 });
  expect(await sumOf('unit')).toEqual({ line: '0 passed, 1 failed', status: 1 });
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
