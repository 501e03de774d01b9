import { expect } from 'vitest';
import type { RouteName } from '../../../core/contracts/routes.ts';
import type { FakeApi } from './fake-api.ts';
import { invoke } from './invoke.ts';

/** A command, what it asks the platform, and what it prints. */
export interface CommandRow {
  /** `FOLDER`: a folder of the test. */
  readonly argv: string;
  readonly answers: Partial<Record<RouteName, unknown>>;
  /** Route, path parameters and query, body; in the order in which they are asked. */
  readonly asks: readonly unknown[];
  /** Lines into a pipe. */
  readonly prints: readonly string[];
  readonly stderr?: readonly string[];
  readonly code?: number;
}

/** Runs the command against a platform that gives the row's answers. */
export async function expectCommand(
  api: FakeApi,
  { argv, answers, asks, prints, stderr = [], code = 0 }: CommandRow,
  folder = 'FOLDER',
): Promise<void> {
  for (const [route, answer] of Object.entries(answers)) api.on(route as RouteName, () => answer);
  api.on('destroyApp', () => undefined);
  const outcome = await invoke(argv.replaceAll('FOLDER', folder).split(' '), {
    settings: { dataDir: api.dataDir },
  });
  const lines = (text: string) => text.replaceAll(folder, 'FOLDER').split('\n').slice(0, -1);
  expect({ prints: lines(outcome.stdout), stderr: lines(outcome.stderr), code: outcome.code }).toEqual({
    prints,
    stderr,
    code,
  });
  const asked = api.asked.map(({ route, params, query, body }) =>
    [route, { ...params, ...query }, body].slice(0, body === undefined ? 2 : 3),
  );
  expect(asked).toEqual(asks);
}
