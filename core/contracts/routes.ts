import type { RouteContract } from './route.ts';
import { appsRoutes } from './routes/apps.ts';
import { auditRoutes } from './routes/audit.ts';
import { buildsRoutes } from './routes/builds.ts';
import { configRoutes } from './routes/config.ts';
import { deployKeysRoutes } from './routes/deploy-keys.ts';
import { domainsRoutes } from './routes/domains.ts';
import { eventsRoutes } from './routes/events.ts';
import { hooksRoutes } from './routes/hooks.ts';
import { keysRoutes } from './routes/keys.ts';
import { membersRoutes } from './routes/members.ts';
import { peopleRoutes } from './routes/people.ts';
import { notificationsRoutes } from './routes/notifications.ts';
import { platformRoutes } from './routes/platform.ts';
import { processesRoutes } from './routes/processes.ts';
import { releasesRoutes } from './routes/releases.ts';
import { repositoryRoutes } from './routes/repository.ts';
import { rolloutsRoutes } from './routes/rollouts.ts';
import { tokensRoutes } from './routes/tokens.ts';

export type { RouteContract } from './route.ts';

/**
 * Every route of the public API, in one table: the server registers by it, the OpenAPI document is made of it,
 * and the client of the CLI is typed by it.
 */
export const routes = {
  ...platformRoutes,
  ...appsRoutes,
  ...configRoutes,
  ...buildsRoutes,
  ...releasesRoutes,
  ...rolloutsRoutes,
  ...processesRoutes,
  ...domainsRoutes,
  ...membersRoutes,
  ...peopleRoutes,
  ...keysRoutes,
  ...deployKeysRoutes,
  ...tokensRoutes,
  ...auditRoutes,
  ...eventsRoutes,
  ...repositoryRoutes,
  ...notificationsRoutes,
  ...hooksRoutes,
} as const satisfies Record<string, RouteContract>;
export type RouteName = keyof typeof routes;
