import { randomBytes } from 'node:crypto';
import type { DeployedApp } from './deployed-app.ts';
import type { World } from './world.ts';

/** A config value that nobody but the containers of `app` may ever show. */
export function newSecret(world: World, app: DeployedApp): string {
  const value = randomBytes(18).toString('hex');
  world.record.secrets.push({ value, appId: app.id });
  return value;
}
