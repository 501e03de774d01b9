import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import ssh2, { type Connection } from 'ssh2';
import { listenDualStack } from '../dual-stack.ts';
import { ALGORITHMS } from './algorithms.ts';
import { serveConnection } from './connection.ts';
import { skipIdentification, socketOf } from './ssh2-internals.ts';
import type { SessionParts } from './session.ts';
import { sourceOf } from './source.ts';
import { StartupLimits } from './startup-limits.ts';

export interface FrontOptions {
  readonly hostKey: string;
  readonly bind: string;
  readonly port: number;
  /** Milliseconds from connecting to having logged in. */
  readonly loginGraceMs: number;
  readonly keepaliveMs: number;
  readonly log: Logger;
}

const IDENT = 'Sluice';
/** Connections that each other limit lets through; above it new ones are dropped. */
const MAX_CONNECTIONS = 3_000;
/** Connections that have not said anything yet. Above it the oldest goes: a client speaks as soon as it is connected. */
const MAX_SILENT = 1_000;
const DEAD_AFTER_KEEPALIVES = 3;

/** The SSH server behind our own listener, which counts connections before ssh2 spends anything on them. */
export class SshFront {
  readonly #options: FrontOptions;
  readonly #parts: Omit<SessionParts, 'track'>;
  readonly #limits = new StartupLimits();
  readonly #ssh: ssh2.Server;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();
  /** In the order in which they came. */
  readonly #silent = new Set<Socket>();
  readonly #loggingIn = new Map<Socket, () => void>();
  readonly #sessions = new Set<Promise<void>>();

  constructor(options: FrontOptions, parts: Omit<SessionParts, 'track'>) {
    this.#options = options;
    this.#parts = parts;
    this.#ssh = new ssh2.Server({
      hostKeys: [options.hostKey],
      algorithms: ALGORITHMS,
      ident: IDENT,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: DEAD_AFTER_KEEPALIVES,
    });
    this.#ssh.on('connection', (connection: Connection) => this.#serve(connection));
    this.#listener = createServer({ noDelay: true }, (socket) => this.#greet(socket));
  }

  /** Resolves once connections are accepted. @throws when the port cannot be had */
  async listen(): Promise<AddressInfo> {
    await listenDualStack(this.#listener, this.#options);
    this.#listener.on('error', (error) => this.#options.log.error({ err: error }, 'listener failed'));
    return this.#listener.address() as AddressInfo;
  }

  /** Accepts no more, lets sessions end for at most `graceMs`, then closes every connection. */
  async close(graceMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    const sessions = Promise.allSettled(this.#sessions);
    const waited = new AbortController();
    await Promise.race([
      sessions,
      delay(graceMs, undefined, { signal: waited.signal, ref: false }).catch(() => undefined),
    ]);
    waited.abort();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
    await Promise.allSettled(this.#sessions);
  }

  #greet(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress ?? '');
    socket.on('error', () => socket.destroy());
    this.#sockets.add(socket);
    const grace = setTimeout(() => socket.destroy(), this.#options.loginGraceMs);
    socket.once('close', () => {
      clearTimeout(grace);
      this.#sockets.delete(socket);
    });
    if (this.#sockets.size > MAX_CONNECTIONS) this.#drop(socket, source);
    else this.#untilItSpeaks(socket, () => this.#admit(socket, source, grace));
  }

  /** A connection that says nothing costs a socket and holds nobody's place. */
  #untilItSpeaks(socket: Socket, spoken: () => void): void {
    this.#silent.add(socket);
    socket.once('close', () => this.#silent.delete(socket));
    const [oldest] = this.#silent;
    if (this.#silent.size > MAX_SILENT) oldest?.destroy();
    // Some clients (libssh) wait for ours before they send their own.
    socket.write(`SSH-2.0-${IDENT}\r\n`);
    socket.once('data', (first: Buffer) => {
      this.#silent.delete(socket);
      socket.pause();
      socket.unshift(first);
      spoken();
    });
  }

  #admit(socket: Socket, source: string, grace: NodeJS.Timeout): void {
    const entry = this.#limits.enter(source, (leave) => this.#start(socket, grace, leave));
    if (entry === 'dropped') this.#drop(socket, source);
  }

  #drop(socket: Socket, source: string): void {
    this.#options.log.debug({ source }, 'too many connections are logging in: dropped one');
    socket.destroy();
  }

  #start(socket: Socket, grace: NodeJS.Timeout, leave: () => void): void {
    if (socket.destroyed) {
      leave();
      return;
    }
    const done = (): void => {
      clearTimeout(grace);
      this.#loggingIn.delete(socket);
      leave();
    };
    this.#loggingIn.set(socket, done);
    socket.once('close', done);
    skipIdentification(socket);
    this.#ssh.injectSocket(socket);
  }

  #serve(connection: Connection): void {
    const socket = socketOf(connection);
    const track = (session: Promise<void>): void => {
      this.#sessions.add(session);
      void session.finally(() => this.#sessions.delete(session));
    };
    serveConnection(connection, socket, { ...this.#parts, track }, () => this.#loggingIn.get(socket)?.());
  }
}
