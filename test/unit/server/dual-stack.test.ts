import { createServer, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { listenDualStack } from '../../../server/dual-stack.ts';

const log = pino({ level: 'silent' });

it('puts no other address in the place of one that was asked for, and may be called again', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  // Of a range that is kept for documentation.
  const elsewhere = listenDualStack(server, { bind: '192.0.2.1', port: 0, log });
  await expect(elsewhere).rejects.toThrow('EADDRNOTAVAIL');
  expect(server.listening).toBe(false);
  await listenDualStack(server, { bind: '127.0.0.1', port: 0, log });
  expect((server.address() as AddressInfo).address).toBe('127.0.0.1');
});

it('says that a port is taken', async () => {
  const [first, second] = [createServer(), createServer()];
  onTestFinished(() => void first.close());
  await listenDualStack(first, { bind: '::', port: 0, log });
  const { port } = first.address() as AddressInfo;
  await expect(listenDualStack(second, { bind: '::', port, log })).rejects.toThrow('EADDRINUSE');
});
