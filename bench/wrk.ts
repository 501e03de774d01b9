import { must } from '../test/support/command.ts';

export interface WrkReport {
  readonly perSecond: number;
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were neither 2xx nor 3xx, and connections that broke. */
  readonly failed: number;
}

/** The argv of a closed loop: each kept-alive connection sends its next request when the last one is answered. */
export function wrkArgv(port: number, host: string, connections: number, seconds: number): string[] {
  const loop = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`];
  return ['wrk', ...loop, `http://127.0.0.1:${port}/`];
}

export async function wrk(argv: readonly string[]): Promise<WrkReport> {
  const [program = '', ...args] = argv;
  return readWrk(await must(program, args));
}

/** @throws when a number is missing */
function readWrk(text: string): WrkReport {
  return {
    perSecond: Number(found(text, /Requests\/sec:\s+([\d.]+)/)),
    requests: Number(found(text, /(\d+) requests in/)),
    p50: milliseconds(text, '50'),
    p99: milliseconds(text, '99'),
    failed: brokenOff(text) + Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
  };
}

function brokenOff(text: string): number {
  const all = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return (all ?? []).slice(1).reduce((sum, one) => sum + Number(one), 0);
}

function milliseconds(text: string, percentile: string): number {
  const [amount = '', unit = ''] = found(text, new RegExp(`${percentile}%\\s+([\\d.]+(?:us|ms|s))`)).split(
    /(?<=\d)(?=[a-z])/,
  );
  return Number(amount) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1);
}

function found(text: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) throw new Error(`wrk did not say ${pattern}:\n${text}`);
  return value;
}
