import { globSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { DataPaths } from '../../../../core/paths.ts';

/**
 * Files below the data folder that only make sense while a process lives, and whose process is gone: pid files, sockets
 * that nobody listens on, and lock files, whoever made them. Repositories are looked at with their app.
 */
export async function abandonedFiles(paths: DataPaths): Promise<string[]> {
  const folders = `${paths.root}/{run,router,redis,builder,submodules}`;
  const found = await Promise.all([
    ...globSync([`${folders}/**/*.pid`, `${paths.repositories}/*/*.pid`]).map(async (file) =>
      (await runs(file)) ? [] : [`${file}, the pid file of a process that is gone`],
    ),
    ...globSync(`${folders}/**/*.lock`).map(async (file) => [`${file}, a lock file`]),
    ...globSync(`${paths.run}/**`).map(async (file) =>
      (await isDeaf(file)) ? [`${file}, a socket that nobody listens on`] : [],
    ),
  ]);
  return found.flat();
}

async function runs(pidFile: string): Promise<boolean> {
  const pid = /^\s*(\d+)/.exec(await readFile(pidFile, 'utf8').catch(() => ''))?.[1];
  const command = await readFile(`/proc/${pid ?? 0}/cmdline`, 'utf8').catch(() => '');
  // A number may be another process's by now.
  return pidFile.endsWith('/gc.pid') ? command.split('\0').includes('gc') : command !== '';
}

async function isDeaf(file: string): Promise<boolean> {
  const is = await lstat(file).catch(() => undefined);
  if (!is?.isSocket()) return false;
  return new Promise((resolve) => {
    const line = connect(file);
    line.once('connect', () => {
      line.destroy();
      resolve(false);
    });
    line.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
