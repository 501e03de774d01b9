import { expect, test } from 'vitest';
import { type RouteContract, type RouteName, routes } from '../../../core/contracts/routes.ts';
import { forDeployKeys, isRole, makesCredentials, permissions } from '../../../server/access/permissions.ts';
import { ROLE_TABLE } from '../../support/role-table.ts';
import { startPlatform } from './support/platform.ts';

const names = Object.keys(routes) as RouteName[];

test('every route has its permission, and no other name has', () => {
  expect(Object.keys(permissions).sort()).toEqual([...names].sort());
  for (const name of [...forDeployKeys, ...makesCredentials]) expect(names).toContain(name);
});

test('a route of an app needs a role in it, and no other route does', () => {
  for (const name of names) expect(isRole(permissions[name]), name).toBe(routes[name].path.includes(':app'));
});

test.each(names.filter((name) => ROLE_TABLE[name] !== 'open'))(
  '%s is refused over the network to who does not say who asks',
  async (name) => {
    const platform = await startPlatform();
    platform.app('shop', platform.person('olga'));
    const contract: RouteContract = routes[name];
    const method = contract.method.toLowerCase() as 'get';
    const { body } = await platform.tcp()[method](contract.path.replace(':app', 'shop')).expect(401);
    expect(body.reason.code).toBe('token_missing');
  },
);
