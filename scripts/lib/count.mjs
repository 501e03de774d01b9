import { existsSync, readFileSync } from 'node:fs';
import { badTests, linesOf } from './bad-tests.mjs';

/**
 * count.mjs FOLDER PART…: sums the reports of the parts, a line for each, then what failed or was skipped, and
 * `N passed, N failed` at the end. A skipped test counts as failed, and so does a part that gave no report. Exit status 1
 * when anything failed.
 */
const [folder, ...parts] = process.argv.slice(2);

function read(file) {
  return existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, 'utf8') : undefined;
}

/** @returns {{ passed: number, failed: number, note?: string, bad?: import('./bad-tests.mjs').BadTest[] }} */
function countOf(part) {
  const check = read(`${part}.check`);
  if (check !== undefined) {
    return check.trim() === 'passed' ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  const report = read(`${part}.json`);
  if (report === undefined) return { passed: 0, failed: 1, note: 'did not run to its end' };
  const tests = JSON.parse(report);
  const passed = tests.numPassedTests;
  const skipped = tests.numTotalTests - tests.numPassedTests - tests.numFailedTests;
  // A file that could not even be loaded has no test that failed.
  const broken = tests.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  let failed = tests.numFailedTests + skipped + broken;
  const notes = [];
  if (skipped > 0) notes.push(`${skipped} skipped`);
  if (broken > 0) notes.push(`${broken} files could not run`);
  const status = read(`${part}.status`)?.trim();
  if (status !== '0' && failed === 0) {
    failed = 1;
    notes.push(`the runner ended with status ${status ?? 'none'}`);
  }
  if (passed + failed === 0) {
    failed = 1;
    notes.push('no tests');
  }
  return { passed, failed, note: notes.join(', '), bad: badTests(part, tests.testResults) };
}

const total = { passed: 0, failed: 0 };
const bad = [];
console.log('');
for (const part of parts) {
  const count = countOf(part);
  total.passed += count.passed;
  total.failed += count.failed;
  bad.push(...(count.bad ?? []));
  const note = count.note ? ` (${count.note})` : '';
  console.log(`${part.padEnd(11)} ${count.passed} passed, ${count.failed} failed${note}`);
}
for (const line of linesOf(bad)) console.log(line);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
