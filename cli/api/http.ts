import * as http from 'node:http';
import * as https from 'node:https';
import { tokenShape } from '../../core/bearer-token.ts';
import { misuse, unreached, type Failure } from '../failure.ts';
import type { RequestHead, Transport } from './transport.ts';

/** HTTPS with a token, for machines. Plain HTTP only to this machine itself: a token is never sent in clear. */
export class HttpsTransport implements Transport {
  readonly #base: URL;
  readonly #token: string;
  readonly #agent: http.Agent | https.Agent;

  constructor(url: string, token: string | undefined) {
    this.#base = new URL(url);
    if (token === undefined) {
      throw misuse('SLUICE_TOKEN is not set', 'An https:// platform wants a token: SLUICE_TOKEN=… sluice …');
    }
    if (tokenShape(token) === 'damaged') {
      throw misuse(
        'SLUICE_TOKEN was cut off or mistyped: its check sum is wrong',
        'Copy it whole, or make a new one: sluice tokens:create',
      );
    }
    this.#token = token;
    const secure = this.#base.protocol === 'https:';
    if (!secure && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(this.#base.hostname)) {
      throw misuse(`${url} would send the token in clear`, 'Use https://');
    }
    this.#agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  }

  request(head: RequestHead): http.ClientRequest {
    const start = this.#base.protocol === 'https:' ? https.request : http.request;
    return start({
      method: head.method,
      path: `${this.#base.pathname.replace(/\/$/, '')}${head.path}`,
      headers: { ...head.headers, authorization: `Bearer ${this.#token}` },
      hostname: this.#base.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: this.#base.port === '' ? undefined : Number(this.#base.port),
      agent: this.#agent,
    });
  }

  explain(error: Error): Promise<Failure> {
    const hint = /CERT|SELF_SIGNED|ISSUER/.test(codeOf(error))
      ? 'Give Node the certificate of its issuer: NODE_EXTRA_CA_CERTS=FILE'
      : 'Check SLUICE_URL and the network';
    return Promise.resolve(
      unreached(`${this.#base.origin} was not reached`, hint, [error.message || codeOf(error)]),
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The server's own socket, which only root (or the account that runs the platform) may open. */
export class SocketTransport implements Transport {
  readonly #path: string;
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(path: string) {
    this.#path = path;
  }

  request(head: RequestHead): http.ClientRequest {
    return http.request({ ...head, socketPath: this.#path, agent: this.#agent });
  }

  explain(error: Error): Promise<Failure> {
    const [message, hint] =
      codeOf(error) === 'EACCES'
        ? ['may only be opened by the account that runs the platform', 'Type it as root: sudo sluice …']
        : [
            'does not answer: the platform is not running on this machine',
            'Start it, or set SLUICE_DATA_DIR to its data folder',
          ];
    return Promise.resolve(unreached(`${this.#path} ${message}`, hint));
  }

  close(): void {
    this.#agent.destroy();
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
