import { type IncomingHttpHeaders, request, type RequestOptions } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** One HTTP request and its whole answer. @throws Error when none comes within `timeout` milliseconds */
export async function ask(options: RequestOptions & { timeout: number }, said?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${options.timeout / 1_000} s`)));
    asked.on('error', reject);
    asked.end(said);
  });
}
