import type { EventEmitter } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that are read at once. */
export const CHUNK = 64 * 1024;

/**
 * The bytes of a file that grows, which may not be there yet.
 * @param grown tells by the event `id` that there is more
 * @param until goes on until it has settled and all bytes written before are out; undefined: ends where the file ends
 */
export async function* follow(
  file: string,
  offset: number,
  grown: EventEmitter,
  id: string,
  until: Promise<unknown> | undefined,
): AsyncGenerator<Buffer> {
  let ended = until === undefined;
  let wake = (): void => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  void until?.then(end, end);
  let more = false;
  const onGrown = (): void => {
    more = true;
    wake();
  };
  grown.on(id, onGrown);
  let handle: FileHandle | undefined;
  try {
    let at = offset;
    for (;;) {
      const last = ended;
      more = false;
      handle ??= await open(file, 'r').catch(() => undefined);
      for (;;) {
        if (!handle) break;
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
      if (last) return;
      if (!more && !ended) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    grown.off(id, onGrown);
    await handle?.close();
  }
}
