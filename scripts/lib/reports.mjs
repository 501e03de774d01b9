import { existsSync, readFileSync } from 'node:fs';

/** Files that failed, at most, for a part to be given a second run of them: more is a fault, not a moment. */
const MOST_REPEATED = 3;

/**
 * What vitest reported of a part, or of the second run of some of its files.
 * @typedef {{ name: string, status: string, message?: string, assertionResults: { fullName?: string, status: string, failureMessages?: string[] }[] }} FileReport
 * @typedef {{ file?: string, message: string }} Unhandled
 * @typedef {{ files: FileReport[], unhandled: Unhandled[], status: string | undefined }} Run
 */

/** @returns {string | undefined} undefined where nothing was written */
export function read(folder, file) {
  return existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, 'utf8') : undefined;
}

/** @returns {Run | undefined} undefined when it did not come to its end */
export function runOf(folder, name) {
  const report = read(folder, `${name}.json`);
  if (report === undefined) return undefined;
  return {
    files: JSON.parse(report).testResults,
    unhandled: JSON.parse(read(folder, `${name}.unhandled.json`) ?? '[]'),
    status: read(folder, `${name}.status`)?.trim(),
  };
}

/**
 * The files to run once more: those with a test that failed, that could not be loaded, or that left an error which
 * nobody caught. None when too many did, or when it is not known which one.
 * @param {Run} run
 */
export function filesToRepeat({ files, unhandled }) {
  const failed = files.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const left = unhandled.map(({ file }) => file);
  const names = [...new Set([...failed, ...left])];
  return names.length > MOST_REPEATED || names.includes(undefined) ? [] : names;
}

/**
 * A part of which some files were run twice: those count by their second run.
 * @param {Run} first
 * @param {Run | undefined} again
 * @returns {Run}
 */
export function merged(first, again) {
  if (again === undefined) return first;
  const repeated = new Set(again.files.map(({ name }) => name));
  return {
    files: [...first.files.filter(({ name }) => !repeated.has(name)), ...again.files],
    unhandled: [...first.unhandled.filter(({ file }) => !repeated.has(file)), ...again.unhandled],
    // Of tests that failed it is 1; one that ended otherwise had a trouble of its own.
    status: first.status === '1' ? again.status : first.status,
  };
}
