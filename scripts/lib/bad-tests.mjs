import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
/** Tests that are listed, so that the end of a run fits on a screen. */
const MOST_TESTS = 20;
/** Characters of a line. */
const LONGEST = 200;
/** How each kind is called, in the order in which they are listed. */
const KINDS = { failed: 'failed', skipped: 'skipped', shaky: 'failed, and passed when run again' };
/** What an error that no test caught is listed as. */
const UNCAUGHT = 'an error that no test caught';
/** Lines of a message: how it begins, and how it ends, which is where a log says what broke. */
const FIRST_LINES = 2;
const LAST_LINES = 8;

/**
 * A test that failed or did not run; without `name` it is the file itself, such as one that could not be loaded.
 * @typedef {{ part: string, file: string, name?: string, what: 'failed' | 'skipped' | 'shaky', message?: string }} BadTest
 */

/**
 * @param {import('./reports.mjs').Run} run
 * @returns {BadTest[]} in the order in which they are reported, and errors that no test caught after them
 */
export function badTests(part, { files, unhandled }) {
  const uncaught = unhandled.map(({ file: path = '', message }) => {
    return { part, file: fileOf(path), name: UNCAUGHT, what: 'failed', message };
  });
  return [...files.flatMap((file) => badTestsOf(part, file)), ...uncaught];
}

function badTestsOf(part, { name: path = '', status, message, assertionResults: tests }) {
  const file = fileOf(path);
  const bad = tests
    .filter((test) => test.status !== 'passed')
    .map(({ fullName: name, status: ended, failureMessages = [] }) =>
      ended === 'failed'
        ? { part, file, name, what: 'failed', message: failureMessages[0] }
        : { part, file, name, what: 'skipped' },
    );
  const hasFailed = bad.some(({ what }) => what === 'failed');
  return status === 'failed' && !hasFailed ? [{ part, file, what: 'failed', message }, ...bad] : bad;
}

function fileOf(path) {
  return path.startsWith(ROOT) ? relative(ROOT, path) : path;
}

/** A person's lines about them, each with the lines of its message. */
export function linesOf(bad) {
  const sorted = Object.keys(KINDS).flatMap((kind) => bad.filter(({ what }) => what === kind));
  const lines = sorted.slice(0, MOST_TESTS).flatMap(({ part, file, name, what, message }) => {
    const about = [`${part} ${KINDS[what]}: ${file}${name ? ` > ${oneLine(name)}` : ''}`];
    return [...about, ...messageLines(message ?? '').map((line) => `    ${line}`)];
  });
  if (sorted.length > MOST_TESTS) lines.push(`and ${sorted.length - MOST_TESTS} more`);
  return lines.map(cut);
}

/** Without the stack, which is in the output above. */
function messageLines(text) {
  const all = stripVTControlCharacters(text).split(/[\r\n]+/);
  const stack = all.findIndex((line) => /^ {4}at /.test(line));
  const lines = (stack === -1 ? all : all.slice(0, stack)).map(oneLine).filter((line) => line !== '');
  if (lines.length <= FIRST_LINES + LAST_LINES) return lines;
  return [...lines.slice(0, FIRST_LINES), '…', ...lines.slice(-LAST_LINES)];
}

/** What a test says may hold what an app wrote: nothing of it reaches the terminal but characters. */
function oneLine(text) {
  return stripVTControlCharacters(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function cut(line) {
  const characters = [...line];
  return characters.length <= LONGEST ? line : `${characters.slice(0, LONGEST - 1).join('')}…`;
}
