import { columns } from '../../../core/render/columns.ts';
import { apps, config, domains, info, logs, ps, whoami } from './apps.ts';
import { usageOf } from './asked.ts';
import { builds, logOfBuild, showBuild } from './builds.ts';
import { releases, rollback, showRollout } from './releases.ts';
import type { Verb } from './verb.ts';

/** In the order of the help page. */
export const VERBS: Readonly<Record<string, Verb>> = {
  help: { summary: 'this page', ofApp: false, run: () => Promise.resolve(helpPage()) },
  whoami,
  apps,
  info,
  ps,
  builds,
  'builds:show': showBuild,
  'builds:log': logOfBuild,
  releases,
  'rollouts:show': showRollout,
  logs,
  config,
  domains,
  rollback,
};

function helpPage(): string[] {
  const rows = Object.entries(VERBS).map(([name, verb]) => [`  ${usageOf(name, verb)}`, verb.summary]);
  return [
    'git push platform main: tests, image, rollout, and back again if anything is wrong.',
    '',
    'By ssh alone, without the sluice command:',
    ...columns(rows),
    '',
    'All else is for the sluice command, which comes by this same way: sluice help',
  ];
}
