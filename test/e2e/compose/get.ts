import { request } from 'node:http';

/** What an app answers to `GET /`, asked at the router by the app's host. Rejects when there is no answer. */
export async function get(port: number, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, headers: { host: `${host}:${port}` }, agent: false, timeout: 60_000 },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer within 60 s')));
    asked.end();
  });
}
