import { describe, expect, it } from 'vitest';
import { Reason } from '../../../core/reason.ts';
import {
  crashed,
  crashedOnStart,
  lastCrash,
  neverHealthy,
  type Crash,
  type NoHealth,
} from '../../../engines/replicas/diagnosis.ts';

const crash: Crash = {
  appName: 'shop',
  release: 6,
  source: 'web.1',
  exitCode: 1,
  oomKilled: false,
  memoryBytes: 512 * 1024 * 1024,
  lines: ['Error: no DATABASE_URL'],
};
const health: NoHealth = {
  appName: 'shop',
  release: 6,
  source: 'web.1',
  port: 8080,
  path: '/up',
  seconds: 60,
  last: { ok: false, error: 'ECONNREFUSED' },
  listeners: [],
};

describe('a crash', () => {
  it.each<[string, Partial<Crash>, string, string]>([
    ['an error', {}, 'crashed_on_start', 'web.1 exited with code 1 before it was ready'],
    ['a command that is not there', { exitCode: 127 }, 'crashed_on_start', 'code 127 (command not found)'],
    ['a clean end', { exitCode: 0 }, 'crashed_on_start', 'must stay in the foreground'],
    ['memory', { exitCode: 137, oomKilled: true }, 'oom_killed', 'more than its 512 MiB of memory'],
  ])('of %s says so', (_, changes, code, message) => {
    const reason = crashedOnStart({ ...crash, ...changes });
    expect(reason.code).toBe(code);
    expect(reason.message).toContain(message);
    expect(reason.detail).toContain('Error: no DATABASE_URL');
    expect(reason.hint).toContain('sluice logs -r v6 -a shop');
    expect(Reason.parse(reason)).toEqual(reason);
  });

  it.each([
    [{}, 'crashed', 'web.1 exited with code 1'],
    [{ exitCode: 127 }, 'crashed', 'web.1 exited with code 127 (command not found)'],
    [{ exitCode: undefined }, 'crashed', 'web.1 ended by itself'],
    [{ exitCode: 137, oomKilled: true }, 'oom_killed', 'web.1 used more than its 512 MiB of memory'],
  ])('is told later: %o', (changes, code, message) => {
    const told = lastCrash({ ...crash, ...changes });
    expect(told).toMatchObject({ code, message, detail: ['Error: no DATABASE_URL'] });
  });

  it('after it was ready says how often it was started again', () => {
    expect(crashed(crash, 2).message).toBe('web.1 exited with code 1; it is started again (restart 2)');
  });
});

describe('a web that is never healthy', () => {
  it.each<[string, Partial<NoHealth>, string, string]>([
    [
      'listens elsewhere',
      { listeners: [{ port: 3000, loopbackOnly: false }] },
      'wrong_port',
      'web.1 listens on 3000, not on PORT=8080',
    ],
    [
      'listens elsewhere on loopback',
      { listeners: [{ port: 3000, loopbackOnly: true }] },
      'wrong_port',
      'web.1 listens on 127.0.0.1:3000, not on PORT=8080',
    ],
    [
      'listens on loopback',
      { listeners: [{ port: 8080, loopbackOnly: true }] },
      'listens_on_loopback',
      'only on 127.0.0.1',
    ],
    ['listens nowhere', {}, 'health_check_failed', 'GET /up on port 8080 refuses connections'],
    ['could not be looked into', { listeners: undefined }, 'health_check_failed', 'within 60 s'],
    [
      'answers badly',
      { last: { ok: false, status: 500 }, listeners: [{ port: 8080, loopbackOnly: false }] },
      'health_check_failed',
      'answers 500',
    ],
    [
      'answers too late',
      { last: { ok: false, error: 'timeout' }, listeners: [{ port: 8080, loopbackOnly: false }] },
      'health_check_failed',
      'accepts no request in time',
    ],
  ])('because it %s', (_, changes, code, message) => {
    const reason = neverHealthy({ ...health, ...changes });
    expect(reason.code).toBe(code);
    expect(reason.message).toContain(message);
    expect(reason.hint).toBeDefined();
  });
});
