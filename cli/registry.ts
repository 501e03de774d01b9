import type { AnyCommand } from './command.ts';

type Load = () => Promise<{ readonly command: AnyCommand }>;

/** Every command by its name. A file is loaded only when its command is run or explained: start-up stays quick. */
export const registry: Readonly<Record<string, Load>> = {
  setup: () => import('./commands/setup/index.ts'),
  init: () => import('./commands/init/index.ts'),
  apps: () => import('./commands/apps/index.ts'),
  'apps:create': () => import('./commands/apps/create.ts'),
  'apps:info': () => import('./commands/apps/info.ts'),
  'apps:destroy': () => import('./commands/apps/destroy.ts'),
  'git:remote': () => import('./commands/git/remote.ts'),
  config: () => import('./commands/config/index.ts'),
  'config:get': () => import('./commands/config/get.ts'),
  'config:set': () => import('./commands/config/set.ts'),
  'config:unset': () => import('./commands/config/unset.ts'),
  builds: () => import('./commands/builds/index.ts'),
  'builds:create': () => import('./commands/builds/create.ts'),
  'builds:show': () => import('./commands/builds/show.ts'),
  'builds:log': () => import('./commands/builds/log.ts'),
  'builds:cancel': () => import('./commands/builds/cancel.ts'),
  releases: () => import('./commands/releases/index.ts'),
  'releases:info': () => import('./commands/releases/info.ts'),
  rollback: () => import('./commands/rollback/index.ts'),
  ps: () => import('./commands/ps/index.ts'),
  'ps:scale': () => import('./commands/ps/scale.ts'),
  'ps:restart': () => import('./commands/ps/restart.ts'),
  run: () => import('./commands/run/index.ts'),
  logs: () => import('./commands/logs/index.ts'),
  domains: () => import('./commands/domains/index.ts'),
  'domains:add': () => import('./commands/domains/add.ts'),
  'domains:remove': () => import('./commands/domains/remove.ts'),
  keys: () => import('./commands/keys/index.ts'),
  'keys:add': () => import('./commands/keys/add.ts'),
  'keys:remove': () => import('./commands/keys/remove.ts'),
  access: () => import('./commands/access/index.ts'),
  'access:add': () => import('./commands/access/add.ts'),
  'access:remove': () => import('./commands/access/remove.ts'),
  open: () => import('./commands/open/index.ts'),
  status: () => import('./commands/status/index.ts'),
  doctor: () => import('./commands/doctor/index.ts'),
};

export const commandNames: readonly string[] = Object.keys(registry);
