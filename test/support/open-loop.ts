import { Agent, request } from 'node:http';

export interface LoadReport {
  readonly sent: number;
  readonly answered: number;
  readonly failed: string[];
  /** Answers by their body. */
  readonly byBody: Record<string, number>;
}

/**
 * Asks `rate` times a second whatever the answers do, half over kept-alive connections and half over new ones.
 * @returns how to stop; it waits for the last answers
 */
export function openLoop(
  port: number,
  host: string,
  rate: number,
  address = '127.0.0.1',
): () => Promise<LoadReport> {
  const kept = new Agent({ keepAlive: true, maxSockets: 20 });
  const failed: string[] = [];
  const byBody: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  const began = performance.now();

  const ask = (agent: Agent | false): Promise<void> =>
    new Promise((resolve) => {
      const asked = request(
        { host: address, port, path: '/', headers: { host }, agent, timeout: 30_000 },
        (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => (body += text));
          response.on('end', () => {
            answered++;
            if (response.statusCode !== 200) failed.push(`${response.statusCode} ${body.slice(0, 80)}`);
            byBody[body.trim()] = (byBody[body.trim()] ?? 0) + 1;
            resolve();
          });
          response.on('error', (error) => {
            failed.push(`answer cut off: ${error.message}`);
            resolve();
          });
        },
      );
      asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')));
      asked.on('error', (error) => {
        failed.push(error.message);
        resolve();
      });
      asked.end();
    });

  const timer = setInterval(() => {
    // Open loop: what should have been sent by now is sent now, however late the timer is.
    const due = Math.floor(((performance.now() - began) * rate) / 1_000);
    while (sent < due) {
      const one = ask(sent % 2 === 0 ? kept : false);
      sent++;
      open.add(one);
      void one.finally(() => open.delete(one));
    }
  }, 5);

  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    kept.destroy();
    return { sent, answered, failed, byBody };
  };
}
