import { statfs } from 'node:fs/promises';
import type Docker from 'dockerode';
import { reached } from '../client.ts';

/** Bytes left where the engine keeps its images; undefined when that place is not on this machine. */
export async function freeBytes(docker: Docker): Promise<number | undefined> {
  const { DockerRootDir: root } = (await reached(docker.info())) as { DockerRootDir?: string };
  if (root === undefined) return undefined;
  const { bavail, bsize } = (await statfs(root).catch(() => undefined)) ?? {};
  return bavail === undefined || bsize === undefined ? undefined : bavail * bsize;
}
