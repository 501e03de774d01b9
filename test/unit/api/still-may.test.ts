import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { OWN_LOOK_MS, whileStillMay } from '../../../server/api/still-may.ts';

test('whoever looks by themselves is not looked after as well', async () => {
  vi.useFakeTimers();
  try {
    const held = Object.assign(new EventEmitter(), { destroy: vi.fn() });
    const asks = vi.fn(async (): Promise<string> => 'the call');
    const look = whileStillMay(asks, held);
    for (let time = 1; time <= 6; time++) {
      await vi.advanceTimersByTimeAsync(OWN_LOOK_MS);
      expect(await look()).toBe('the call');
      expect(asks).toHaveBeenCalledTimes(time);
    }
    asks.mockRejectedValueOnce(new Error('the disk is full'));
    await expect(look()).rejects.toThrow('disk');
    asks.mockRejectedValueOnce(new Refusal(401, 'token_revoked', 'it was revoked'));
    expect(await look()).toBeUndefined();
    // They end it themselves, and whole; only one that hangs is cut off.
    expect(held.destroy).not.toHaveBeenCalled();
    asks.mockRejectedValueOnce(new Refusal(401, 'token_revoked', 'it was revoked'));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(held.destroy).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});

test('a connection ends when who holds it may not have it any more, and not for another error', async () => {
  vi.useFakeTimers();
  try {
    const held = Object.assign(new EventEmitter(), { destroy: vi.fn() });
    const asks = vi.fn(async (): Promise<unknown> => undefined);
    whileStillMay(asks, held);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(asks).toHaveBeenCalledTimes(1);
    asks.mockRejectedValueOnce(new Error('the disk is full'));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(held.destroy).not.toHaveBeenCalled();
    asks.mockRejectedValueOnce(new Refusal(401, 'token_revoked', 'it was revoked'));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(held.destroy).toHaveBeenCalledTimes(1);
    held.emit('close');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asks).toHaveBeenCalledTimes(3);
  } finally {
    vi.useRealTimers();
  }
});
