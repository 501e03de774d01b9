import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { whileStillMay } from '../../../server/api/still-may.ts';

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
