import { describe, expect, test } from 'vitest';
import { latencyBucket, NO_LATENCY } from '../../../core/canary/latency.ts';
import { renderLatencyMap } from '../../../router/config/latency.ts';
import {
  readInfo,
  readLatencies,
  readMap,
  readOpen,
  readServers,
  readSlots,
} from '../../../router/haproxy/answers.ts';
import { commandOf, resultOf } from '../../../router/haproxy/commands.ts';

describe('statistics', () => {
  const head = '# pxname,svname,scur,stot,req_tot,econ,eresp,hrsp_5xx,srv_abrt,';
  const answer = `${head}\npage,BACKEND,1,1,1,0,0,1,1,\nrel_0001,BACKEND,2,37,32,2,3,6,1,\nrel_0002,BACKEND,0,0,0,0,0,0,0,\n`;
  const first = { requests: 30, errors5xx: 4, aborts: 1, unreached: 2, broken: 3, active: 2, unanswered: 3 };

  test('are read by the names of their columns, of slots alone', () => {
    const none = { requests: 0, errors5xx: 0, aborts: 0, unreached: 0, broken: 0, active: 0, unanswered: 0 };
    expect(readSlots(answer)).toEqual(
      new Map([
        ['rel_0001', first],
        ['rel_0002', none],
      ]),
    );
  });

  test('are read of some slots only', () => {
    expect(readSlots(answer, new Set(['rel_0001', 'rel_0009']))).toEqual(new Map([['rel_0001', first]]));
  });

  test('are read where the last line does not end', () => {
    expect(readSlots(answer.trimEnd().slice(0, -1)).size).toBe(2);
  });

  test('without a column that is needed are refused by its name', () => {
    expect(() => readSlots('# pxname,svname\n')).toThrow('req_tot');
  });
});

test('open requests are read by slot and server, where there are any', () => {
  const answer =
    '# pxname,svname,qcur,qmax,scur,\npage,s1,0,0,3,\nrel_0001,one,0,0,2,\nrel_0001,two,0,0,0,\nrel_0002,one,0,0,1,\n';
  expect(readOpen(answer)).toEqual(
    new Map([
      ['rel_0001', new Map([['one', 2]])],
      ['rel_0002', new Map([['one', 1]])],
    ]),
  );
});

describe('latency counters', () => {
  test('are read by slot and bucket', () => {
    const answer = `# table: latency, type: string, size:1048576, used:3
0x561b70cbd1d8: key=rel_0001.0 use=0 exp=3599137 gpc0=7
0x561b70cbd598: key=rel_0001.29 use=1 exp=3599641 gpc0=12
0x7f941404b398: key=rel_0012.13 use=0 exp=3599279 gpc0=1
`;
    const at = (...pairs: [bucket: number, count: number][]) =>
      NO_LATENCY.map((_, bucket) => new Map(pairs).get(bucket) ?? 0);
    expect(readLatencies(answer)).toEqual(
      new Map([
        ['rel_0001', at([0, 7], [29, 12])],
        ['rel_0012', at([13, 1])],
      ]),
    );
  });

  test.each([
    '',
    '# table: latency, type: string, size:1048576, used:0\n',
    'No such table\n',
    '0x1: key=broken',
  ])('are none in %j', (answer) => {
    expect(readLatencies(answer)).toEqual(new Map());
  });

  test('have a range of whole milliseconds for each bucket but the last', () => {
    const ranges = renderLatencyMap()
      .trim()
      .split('\n')
      .map((line) => line.split(/[: ]/).map(Number) as [from: number, to: number, bucket: number]);
    expect(ranges).toHaveLength(NO_LATENCY.length - 1);
    for (const [from, to, bucket] of ranges)
      expect([latencyBucket(from), latencyBucket(to)]).toEqual([bucket, bucket]);
    expect(ranges.flatMap(([from]) => from)).toEqual([0, ...ranges.map(([, to]) => to + 1).slice(0, -1)]);
  });
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
5 probe 1 replica 0.0.0.0 2 0 1 1
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
      'add server s/n 10.0.0.1:80 pool-max-conn -1 pool-purge-delay 1s',
    ],
    [{ kind: 'ready', slot: 's', server: 'n' }, 'set server s/n state ready'],
    [{ kind: 'leave', slot: 's', server: 'n' }, 'set server s/n state maint'],
    [{ kind: 'cut', slot: 's', server: 'n' }, 'shutdown sessions server s/n'],
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
