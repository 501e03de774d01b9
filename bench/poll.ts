import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 20;
const LIMIT_MS = 60_000;

/** Asks each 20 ms until the answer is 200 with `text` in it. @returns `performance.now()` of that answer */
export async function untilServed(
  port: number,
  host: string,
  text: string,
  address = '127.0.0.1',
): Promise<number> {
  const began = performance.now();
  for (let asked = began; asked - began < LIMIT_MS;) {
    if (await serves(address, port, host, text)) return performance.now();
    await pause(Math.max(0, asked + EVERY_MS - performance.now()));
    asked = performance.now();
  }
  throw new Error(`${host} did not serve ${text} within ${LIMIT_MS} ms`);
}

async function serves(address: string, port: number, host: string, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      { host: address, port, headers: { host }, agent: false, timeout: 2_000 },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        answer.on('end', () => resolve(answer.statusCode === 200 && body.includes(text)));
        answer.on('error', () => resolve(false));
      },
    );
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
