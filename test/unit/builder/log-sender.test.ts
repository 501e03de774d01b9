import { afterEach, describe, expect, it, vi } from 'vitest';
import { LogSender } from '../../../builder/log-sender.ts';

/** A server that keeps what it gets and answers when told to. */
function receiver(start = 0) {
  const got: { offset: number; text: string }[] = [];
  let release = (): void => undefined;
  let held: Promise<void> | undefined;
  return {
    got,
    hold: (): void => {
      held = new Promise((resolve) => (release = resolve));
    },
    release: () => {
      held = undefined;
      release();
    },
    all: () => got.map(({ text }) => text).join(''),
    send: async (offset: number, bytes: Buffer): Promise<number> => {
      got.push({ offset, text: bytes.toString() });
      await held;
      return offset + bytes.length;
    },
    start,
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('LogSender', () => {
  it('sends the first bytes at once and goes on from the offset that the server has', async () => {
    const server = receiver();
    const log = new LogSender(7, server.send);
    await log.write('first ');
    expect(server.got).toEqual([{ offset: 7, text: 'first ' }]);
    await log.write('second');
    await log.drain();
    expect(server.got.at(-1)).toEqual({ offset: 13, text: 'second' });
  });

  it('puts what comes during a request into one next request', async () => {
    const server = receiver();
    server.hold();
    const log = new LogSender(0, server.send);
    for (const line of ['a', 'b', 'c', 'd']) await log.write(line);
    expect(server.got).toHaveLength(1);
    server.release();
    await log.drain();
    expect(server.got.map(({ text }) => text)).toEqual(['a', 'bcd']);
  });

  it('sends again what the server took only in part', async () => {
    const got: string[] = [];
    const log = new LogSender(0, async (offset, bytes) => {
      got.push(bytes.toString());
      return offset + Math.min(2, bytes.length);
    });
    await log.write('abcde');
    await log.drain();
    expect(got).toEqual(['abcde', 'cde', 'e']);
  });

  it('sends what the server left with what follows it, at the latest as the last bytes, and never again by itself', async () => {
    vi.useFakeTimers();
    const got: [string, boolean][] = [];
    const log = new LogSender(0, async (offset, bytes, last) => {
      got.push([bytes.toString(), last]);
      return offset + (last ? bytes.length : Math.max(0, bytes.length - 2));
    });
    await log.write('abc');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(got).toEqual([['abc', false]]);
    await log.write('d');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(got.at(-1)).toEqual(['bcd', false]);
    await log.drain();
    expect(got.at(-1)).toEqual(['cd', true]);
    expect(got).toHaveLength(3);
    await expect(log.drain()).resolves.toBeUndefined();
  });

  it('lets the writer wait beyond 4 MB, and never holds more', async () => {
    const server = receiver();
    server.hold();
    const log = new LogSender(0, server.send);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let count = 0; count < 4; count++) await log.write(piece);
    let through = false;
    const fifth = log.write(piece).then(() => (through = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(through).toBe(false);
    server.release();
    await fifth;
    await log.drain();
    expect(server.all()).toHaveLength(5 * 1024 * 1024);
  });

  it('tells the writer when the server refuses', async () => {
    const log = new LogSender(0, async () => Promise.reject(new Error('gone')));
    await log.write('x');
    await expect(log.drain()).rejects.toThrow('gone');
    await expect(log.write('y')).rejects.toThrow('gone');
  });

  it('refuses a server that has lost bytes it had', async () => {
    const log = new LogSender(10, async () => 4);
    await log.write('x');
    await expect(log.drain()).rejects.toThrow('takes none');
  });
});
