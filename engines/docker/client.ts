import Docker from 'dockerode';
import { Refusal } from '../../core/reason.ts';

export interface DockerSettings {
  /** `unix:///var/run/docker.sock` or `tcp://host:port`. Absent: the engine's usual socket. */
  readonly endpoint?: string;
}

const DEFAULT_ENDPOINT = 'unix:///var/run/docker.sock';

/**
 * A client of the Docker Engine API. No connection is made before the first call.
 * Host and socket are always given, because docker-modem would otherwise read DOCKER_HOST by itself.
 * @throws TypeError when the endpoint is neither `unix://` nor `tcp://`
 */
export function connectDocker(settings: DockerSettings = {}): Docker {
  const endpoint = new URL(settings.endpoint ?? DEFAULT_ENDPOINT);
  if (endpoint.protocol === 'unix:') {
    return new Docker({ host: undefined, port: undefined, socketPath: endpoint.pathname, protocol: 'http' });
  }
  if (endpoint.protocol === 'tcp:') {
    return new Docker({ host: endpoint.hostname, port: endpoint.port || '2375', protocol: 'http' });
  }
  throw new TypeError(`the Docker endpoint must start with unix:// or tcp://, not ${endpoint.protocol}//`);
}

/** The engine did not answer at all; what it runs may be fine. Worth trying again. */
export class EngineUnreachable extends Refusal {
  readonly code = 'engine_unreachable';

  constructor(cause: unknown) {
    super(
      503,
      'engine_unreachable',
      `the Docker engine does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      'see `sluice doctor`; apps that run go on running',
    );
    this.name = 'EngineUnreachable';
    this.cause = cause;
  }
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ECONNRESET',
  'EPIPE',
  'EACCES',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** HTTP status of an error that the engine answered with; undefined when it is no such error. */
export function engineStatus(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** The engine's own words in an error, without docker-modem's frame. */
export function engineMessage(error: unknown): string {
  const said = (error as { json?: { message?: unknown } } | undefined)?.json?.message;
  if (typeof said === 'string') return said;
  return error instanceof Error ? error.message : String(error);
}

/** Awaits a call of the engine; an engine that is not there becomes `EngineUnreachable`. */
export async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined && CONNECTION_CODES.has(code)) throw new EngineUnreachable(error);
    throw error;
  }
}

/** Awaits a call whose answer may be one of `statuses` instead of success (404: gone already, 304: was so). */
export async function unless<T>(statuses: readonly number[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await reached(call);
  } catch (error) {
    const status = engineStatus(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}
