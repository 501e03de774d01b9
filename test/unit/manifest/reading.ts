import { readManifest } from '../../../core/manifest/read.ts';
import type { Manifest } from '../../../core/manifest/manifest.ts';

export type Files = Readonly<Record<string, string>>;

const DOCKERFILE = 'FROM busybox\n';

function read(files: Files): ReturnType<typeof readManifest> {
  const all: Files = { Dockerfile: DOCKERFILE, ...files };
  return readManifest((path) => Promise.resolve(Object.hasOwn(all, path) ? all[path] : undefined));
}

/** The manifest of files that must be right; a Dockerfile is there unless given. */
export async function manifestOf(files: Files): Promise<Manifest> {
  const result = await read(files);
  if (result.manifest === undefined) throw new Error(JSON.stringify(result.problems));
  return result.manifest;
}

export async function noticesOf(files: Files): Promise<readonly string[]> {
  return (await read(files)).notices;
}

/** `file:line: message -> fix` for each problem. */
export async function problemsOf(files: Files): Promise<string[]> {
  const { problems } = await read(files);
  return problems.map(({ file, line, message, fix }) => `${file}:${line}: ${message} -> ${fix}`);
}
