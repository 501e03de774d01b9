import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { operationIds } from './document.ts';

declare module 'vitest' {
  interface ProvidedContext {
    answeredFolder: string | undefined;
  }
}

const SUITE = join(import.meta.dirname, '../../unit/api');
/** Answered over another protocol, which no HTTP answer shows: test/unit/api/run.test.ts. */
const UPGRADED = new Set(['run']);

/** After the whole suite of the API: a route that never succeeded in it was never checked either. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-answered-'));
  project.provide('answeredFolder', folder);
  return () => {
    const answered = new Set(
      readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n')),
    );
    rmSync(folder, { recursive: true, force: true });
    if (!ranWhole(project)) return;
    const missing = operationIds().filter((name) => !answered.has(name) && !UPGRADED.has(name));
    if (missing.length > 0)
      throw new Error(`routes that no test in test/unit/api has answered: ${missing.join(', ')}`);
  };
}

function ranWhole({ vitest }: TestProject): boolean {
  if (vitest.config.testNamePattern !== undefined) return false;
  const ran = new Set(vitest.state.getTestModules().map(({ moduleId }) => moduleId));
  const suite = readdirSync(SUITE).filter((file) => file.endsWith('.test.ts'));
  return suite.every((file) => ran.has(join(SUITE, file)));
}
