import { badTests, linesOf } from './bad-tests.mjs';
import { merged, read, runOf } from './reports.mjs';

/**
 * count.mjs FOLDER PART…: sums the reports of the parts, a line for each, then what failed, was skipped or passed only
 * when it was run again, and `N passed, N failed` at the end. A skipped test counts as failed, and so do a part that
 * gave no report and an error that no test caught. Exit status 1 when anything failed.
 */
const [folder, ...parts] = process.argv.slice(2);

/** @returns {{ passed: number, failed: number, note?: string, bad?: import('./bad-tests.mjs').BadTest[] }} */
function countOf(part) {
  const check = read(folder, `${part}.check`);
  if (check !== undefined) {
    return check.trim() === 'passed' ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }
  const first = runOf(folder, part);
  if (first === undefined) return { passed: 0, failed: 1, note: 'did not run to its end' };
  const run = merged(first, runOf(folder, `${part}.again`));
  const tests = run.files.flatMap((file) => file.assertionResults);
  const withStatus = (status) => tests.filter((test) => test.status === status).length;
  const passed = withStatus('passed');
  const skipped = tests.length - passed - withStatus('failed');
  const bad = badTests(part, run);
  // With the files that could not even be loaded, which have no test that failed.
  let failed = bad.length;
  const broken = bad.filter(({ name }) => name === undefined).length;
  const shaky = badTests(part, first)
    .filter(({ what, file }) => what === 'failed' && !bad.some((other) => other.file === file))
    .map((one) => ({ ...one, what: 'shaky' }));
  const notes = [];
  if (skipped > 0) notes.push(`${skipped} skipped`);
  if (broken > 0) notes.push(`${broken} files could not run`);
  if (run.unhandled.length > 0) notes.push(`${run.unhandled.length} errors that no test caught`);
  if (shaky.length > 0) notes.push(`${shaky.length} passed only when run again`);
  if (run.status !== '0' && failed === 0) {
    failed = 1;
    notes.push(`the runner ended with status ${run.status ?? 'none'}`);
  }
  if (passed + failed === 0) {
    failed = 1;
    notes.push('no tests');
  }
  return { passed, failed, note: notes.join(', '), bad: [...bad, ...shaky] };
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
