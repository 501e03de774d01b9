import { describe, expect, test } from 'vitest';
import { type RouteContract, type RouteName, routes } from '../../../core/contracts/routes.ts';
import { permissions } from '../../../server/access/permissions.ts';
import type { RoleName } from '../../../server/store/people.ts';
import { startPlatform } from './support/platform.ts';

/** Said here once more, so that no route becomes more open by a slip. */
const EXPECTED: Record<RoleName, RouteName[]> = {
  viewer: [
    'getApp',
    'listBuilds',
    'getBuild',
    'getBuildLog',
    'getVerdict',
    'getRepository',
    'listReleases',
    'getRelease',
    'diffReleases',
    'listRollouts',
    'getRollout',
    'listProcesses',
    'logs',
    'listDomains',
    'listMembers',
    'listAppEvents',
  ],
  deployer: [
    'getConfig',
    'setConfig',
    'listSecrets',
    'setSecrets',
    'rotateSecret',
    'createBuild',
    'cancelBuild',
    'createRelease',
    'rollback',
    'pauseRollout',
    'resumeRollout',
    'promoteRollout',
    'abortRollout',
    'scale',
    'restart',
    'run',
    'listDeployKeys',
    'checkRepository',
    'listNotifications',
    'testNotification',
    'listNotificationDeliveries',
    'redeliverNotification',
    'listHooks',
    'getHook',
    'listDeliveries',
    'getDelivery',
    'redeliver',
  ],
  owner: [
    'destroyApp',
    'addDomain',
    'removeDomain',
    'setMember',
    'removeMember',
    'listAppAudit',
    'addDeployKey',
    'removeDeployKey',
    'linkRepository',
    'unlinkRepository',
    'addNotification',
    'removeNotification',
    'createHook',
    'changeHook',
    'rotateHook',
    'removeHook',
  ],
};
const RANKED = ['viewer', 'deployer', 'owner'] as const;
const appRoutes = (Object.keys(routes) as RouteName[]).filter((name) => routes[name].path.includes(':app'));

test('every route has its permission, and no other name has', () => {
  expect(Object.keys(permissions).sort()).toEqual(Object.keys(routes).sort());
});

test('every route of an app needs a role in it, the one that is meant', () => {
  expect(Object.values(EXPECTED).flat().sort()).toEqual([...appRoutes].sort());
  for (const role of RANKED) for (const name of EXPECTED[role]) expect(permissions[name], name).toBe(role);
});

/** Routes of no app: for everybody whom the platform knows, about one's own account, or something else. */
const OTHERS: Record<string, RouteName[]> = {
  person: ['me', 'status', 'listApps', 'revokeToken'],
  self: ['doctor', 'createApp', 'listKeys', 'addKey', 'removeKey', 'listTokens', 'createToken'],
  admin: ['listPeople', 'setPerson', 'removePerson', 'listAudit', 'verifyAudit'],
  machine: ['setup', 'getMasterKey', 'rotateMasterKey'],
};

test('every other route needs what is meant', () => {
  const others = (Object.keys(routes) as RouteName[]).filter((name) => !appRoutes.includes(name));
  expect(Object.values(OTHERS).flat().sort()).toEqual(others.sort());
  for (const [need, names] of Object.entries(OTHERS))
    for (const name of names) expect(permissions[name], name).toBe(need);
});

describe('over HTTP', () => {
  test.each(appRoutes)('%s is refused below its role and taken from it on', async (name) => {
    const platform = await startPlatform();
    const app = platform.app('shop', platform.person('olga'));
    const contract: RouteContract = routes[name];
    // The build, host and person are not there, and bodies are empty: whoever may, is refused for that instead.
    const path = contract.path
      .replace(':app', 'shop')
      .replace(':number', '9')
      .replace(':other', '9')
      .replace(':host', 'no.example')
      .replace(':person', 'nobody')
      .replace(':secret', 'NONE')
      // Events would go on for ever: whoever may hear them is told that there are none after this one.
      .replace(/\/events$/, '/events?after=999999999');
    const ask = async (person: Parameters<typeof platform.as>[0]) => {
      const method = contract.method.toLowerCase() as 'get';
      const { body, status } = await platform.as(person)[method](path).buffer(true).parse(asJson);
      return (body.reason?.code as string | undefined) ?? `${status}`;
    };
    expect(await ask(platform.person('sam'))).toBe('app_not_found');
    const needed = RANKED.findIndex((role) => EXPECTED[role].includes(name));
    for (const [rank, role] of RANKED.entries()) {
      const code = await ask(platform.person(`a-${role}`, { in: app, role }));
      if (rank < needed) expect(code, role).toBe('role_too_low');
      else expect(code, role).not.toMatch(/role_too_low|app_not_found|token_|internal_error/);
    }
    expect(await ask(platform.person('ada', { admin: true }))).not.toMatch(
      /role_too_low|app_not_found|internal_error/,
    );
  });

  test.each(Object.keys(routes) as RouteName[])(
    '%s is refused to who does not say who asks',
    async (name) => {
      const platform = await startPlatform();
      platform.app('shop', platform.person('olga'));
      const contract: RouteContract = routes[name];
      const method = contract.method.toLowerCase() as 'get';
      const { body } = await platform.tcp()[method](contract.path.replace(':app', 'shop')).expect(401);
      expect(body.reason.code).toBe('token_missing');
    },
  );
});

function asJson(
  response: { text?: string; on(event: string, listener: (chunk: Buffer) => void): unknown },
  done: (error: null, body: object) => void,
): void {
  let text = '';
  response.on('data', (chunk) => (text += String(chunk)));
  response.on('end', () =>
    done(null, text.startsWith('{') ? (JSON.parse(text.split('\n')[0] ?? '{}') as object) : {}),
  );
}
