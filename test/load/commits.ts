import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../support/command.ts';
import type { Platform } from '../support/platform.ts';

/** One repository that holds the commits of many apps. */
export interface Commits {
  readonly folder: string;
  /** Of each app, oldest first. */
  readonly of: ReadonlyMap<string, readonly string[]>;
}

/** The least that can be built and answers; without a test stage, and without a step that runs anything. */
const FILES = {
  Dockerfile:
    'FROM busybox:1\nCOPY page /www/index.html\nUSER 1000\nEXPOSE 8080\nCMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n',
  'sluice.yaml': 'canary: off\n',
};

/** What version `version` of an app answers. */
export function pageOf(app: string, version: number): string {
  return `${app} v${version}`;
}

/** Makes `each` commits an app, each on top of the one before: one git process for all, as a commit by hand takes 20 ms. */
export async function makeCommits(
  platform: Platform,
  apps: readonly string[],
  each: number,
): Promise<Commits> {
  const folder = join(platform.folder, 'commits');
  await mkdir(folder);
  const options = { cwd: folder, env: platform.personEnv() };
  await must('git', ['init', '-q', '--bare', '.'], options);
  const input = apps.flatMap((app, index) => branch(app, index * each, each)).join('');
  await must('git', ['fast-import', '--quiet', '--export-marks=marks'], { ...options, input });
  const ids = (await readFile(join(folder, 'marks'), 'utf8')).trim().split('\n').map(parsedMark);
  const byMark = new Map(ids);
  const of = apps.map((app, index): [string, string[]] => [
    app,
    versions(each).map((version) => byMark.get(index * each + version) ?? ''),
  ]);
  return { folder, of: new Map(of) };
}

export function versions(each: number): number[] {
  return Array.from({ length: each }, (_, index) => index + 1);
}

/** A branch in the language of git fast-import; its marks are `before + 1` to `before + each`. */
function branch(app: string, before: number, each: number): string[] {
  return versions(each).map((version) => {
    const head = `commit refs/heads/${app}\nmark :${before + version}\n`;
    const who = 'committer Alice <alice@example.com> 1700000000 +0000\n';
    const parent = version === 1 ? '' : `from :${before + version - 1}\n`;
    const files = { ...(version === 1 ? FILES : {}), page: `${pageOf(app, version)}\n` };
    const changes = Object.entries(files).map(([name, text]) => `M 100644 inline ${name}\n${data(text)}`);
    return `${head}${who}${data(`v${version}`)}${parent}${changes.join('')}`;
  });
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function parsedMark(line: string): [number, string] {
  const [mark = '', id = ''] = line.slice(1).split(' ');
  return [Number(mark), id];
}
