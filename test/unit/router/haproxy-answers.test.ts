import { describe, expect, test } from 'vitest';
import { readBackends, readInfo, readMap, readServers } from '../../../router/haproxy/answers.ts';
import { commandOf, resultOf } from '../../../router/haproxy/commands.ts';

test('statistics are read by the names of their columns', () => {
  const answer = '# pxname,svname,scur,req_tot,hrsp_5xx,srv_abrt,\nrel_0001,BACKEND,2,30,4,1,\n';
  expect(readBackends(answer)).toEqual(
    new Map([['rel_0001', { requests: 30, errors5xx: 4, aborts: 1, active: 2 }]]),
  );
});

test('statistics without a column that is needed are refused by its name', () => {
  expect(() => readBackends('# pxname,svname\n')).toThrow('req_tot');
});

test('map entries are read without their addresses', () => {
  expect(readMap('0x55 a.test a1\n0x56 b.test b1')).toEqual(
    new Map([
      ['a.test', 'a1'],
      ['b.test', 'b1'],
    ]),
  );
  expect(readMap('')).toEqual(new Map());
});

test('a server in maintenance is leaving', () => {
  const answer = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state
6 rel_0002 1 a 127.0.0.1 2 0 1 1
6 rel_0002 2 b 127.0.0.1 0 1 1 1`;
  expect(readServers(answer)).toEqual(
    new Map([
      [
        'rel_0002',
        new Map([
          ['a', 'ready'],
          ['b', 'leaving'],
        ]),
      ],
    ]),
  );
});

test('info is a field a line', () => {
  expect(readInfo('Pid: 12\nBuild info: a: b').get('Build info')).toBe('a: b');
});

describe('commands', () => {
  test.each([
    [
      { kind: 'add-server', slot: 's', server: 'n', address: '10.0.0.1:80' },
      'add server s/n 10.0.0.1:80 pool-purge-delay 1s',
    ],
    [{ kind: 'ready', slot: 's', server: 'n' }, 'set server s/n state ready'],
    [{ kind: 'leave', slot: 's', server: 'n' }, 'set server s/n state maint'],
    [{ kind: 'delete-server', slot: 's', server: 'n' }, 'del server s/n'],
    [{ kind: 'map-add', map: 'hosts', key: 'a.test', value: 'a' }, 'add map hosts.map a.test a'],
    [{ kind: 'map-set', map: 'routes', key: 'a', value: 's|n' }, 'set map routes.map a s|n'],
    [{ kind: 'map-delete', map: 'routes', key: 'a' }, 'del map routes.map a'],
  ] as const)('%o', (change, command) => {
    expect(commandOf(change)).toBe(command);
  });

  test('a server with open requests is busy, every other answer is a refusal', () => {
    const change = { kind: 'delete-server', slot: 's', server: 'n' } as const;
    expect(resultOf(change, 'Server deleted.')).toBe('done');
    expect(resultOf(change, 'Server still has connections attached to it, cannot remove it.')).toBe('busy');
    expect(resultOf(change, 'No such server.')).toEqual({ refused: 'No such server.' });
    expect(resultOf({ ...change, kind: 'ready' }, '')).toBe('done');
  });
});
