import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { tmpdir } from 'node:os';
import { PARTS } from '../support/parts.ts';
import { run } from '../support/command.ts';
import { testSettings } from '../support/settings.ts';
import type { World } from './world.ts';

/** Puts aside what is needed to understand a failed run. @returns where */
export async function keepEvidence(world: World, name: string, story: string): Promise<string> {
  const folder = join(testSettings.crashKeep ?? tmpdir(), `sluice-crash-${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'story.txt'), `${story}\n`);
  const { platform, engine } = world;
  const containers = await run('docker', ['ps', '-a', '--no-trunc'], { env: platform.env });
  await writeFile(join(folder, 'containers.txt'), containers.output);
  const logs = [...PARTS.map((part) => platform.logFile(part)), engine.logFile];
  for (const file of [...logs, platform.paths.journal, `${platform.paths.journal}-wal`]) {
    await copyFile(file, join(folder, basename(file))).catch(() => undefined);
  }
  for (const [from, to] of [
    [`${platform.paths.root}/logs`, 'logs'],
    [`${platform.paths.router}/routes`, 'routes'],
  ] as const) {
    await cp(from, join(folder, to), { recursive: true }).catch(() => undefined);
  }
  return folder;
}
