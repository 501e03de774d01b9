import { describe, expect, it } from 'vitest';
import { backoff } from '../../../builder/retry.ts';
import { readSettings } from '../../../builder/settings.ts';

describe('readSettings', () => {
  const base = { SLUICE_DATA_DIR: '/data' };

  it('finds everything below the data folder', () => {
    expect(readSettings({ ...base, SLUICE_BUILDER_NAME: 'b' })).toMatchObject({
      server: '/data/run/server.sock',
      redis: '/data/run/redis.sock',
      slots: 2,
      dockerSocket: '/var/run/docker.sock',
      scratch: '/data/builder/b',
    });
    expect(readSettings({ ...base, SLUICE_REDIS_URL: 'unix:///x.sock' }).redis).toBe('/x.sock');
    expect(readSettings({ ...base, SLUICE_REDIS_URL: 'redis://h:1' }).redis).toBe('redis://h:1');
  });

  it('reaches a server on another machine by its URL and the token of the platform', () => {
    const { server } = readSettings({
      ...base,
      SLUICE_SERVER_URL: 'http://server:7001',
      SLUICE_PLATFORM_TOKEN: 'abc',
    });
    expect(server).toEqual({ url: new URL('http://server:7001'), token: 'abc' });
  });

  it('is a new instance each time', () => {
    expect(readSettings(base).instance).not.toBe(readSettings(base).instance);
  });

  it.each([
    [{}, 'SLUICE_DATA_DIR'],
    [{ SLUICE_DATA_DIR: 'relative' }, 'SLUICE_DATA_DIR'],
    [{ ...base, SLUICE_BUILD_SLOTS: '0' }, 'SLUICE_BUILD_SLOTS'],
    [{ ...base, SLUICE_BUILD_SLOTS: 'two' }, 'SLUICE_BUILD_SLOTS'],
    [{ ...base, SLUICE_BUILDER_NAME: '../x' }, 'SLUICE_BUILDER_NAME'],
    [{ ...base, SLUICE_SERVER_URL: 'server:7001', SLUICE_PLATFORM_TOKEN: 'abc' }, 'SLUICE_SERVER_URL'],
    [{ ...base, SLUICE_SERVER_URL: 'http://server:7001' }, 'SLUICE_PLATFORM_TOKEN'],
  ])('refuses %j naming %s', (env, name) => {
    expect(() => readSettings(env)).toThrow(name);
  });
});

describe('backoff', () => {
  it('doubles from 20 ms to 2 s', () => {
    expect([1, 2, 3, 7, 8, 100].map(backoff)).toEqual([20, 40, 80, 1_280, 2_000, 2_000]);
  });
});
