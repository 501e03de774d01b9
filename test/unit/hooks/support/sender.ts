import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';

export interface Told {
  readonly status: number;
  readonly body: Record<string, unknown> & { reason?: { code: string; message: string } };
  readonly headers: Record<string, string | string[] | undefined>;
}

/** Sends a body with headers as they are given, over TCP. */
export async function send(
  port: number,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      { host: '127.0.0.1', port, path, method: 'POST', headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: (text.startsWith('{') ? JSON.parse(text) : {}) as Told['body'],
            headers: answer.headers,
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

export function asGithub(secret: string, event: string, body: string, id = 'a-guid'): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': id,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** As Standard Webhooks have it, and GitLab with a signing token. */
export function stamped(
  secret: string,
  body: string,
  { id = 'msg_1', at = Date.now() }: { id?: string; at?: number } = {},
): Record<string, string> {
  const time = String(Math.floor(at / 1_000));
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': `v1,${signature}`,
  };
}
