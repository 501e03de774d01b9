/** Band of side-band-64k that git shows to the person as `remote: …`. */
const PROGRESS = 0x02;
/** Band that carries the report. */
export const DATA_BAND = 0x01;

/**
 * A whole frame fits one SSH packet of 32 KB, the largest that OpenSSH takes. Half the size costs twice the
 * packets, more is cut in two.
 */
const MAX_TEXT = 32 * 1024 - 5;

/** Frames text for the pusher's terminal; one buffer that holds as many pkt-lines as needed. */
export function progressFrames(text: Uint8Array): Buffer {
  const count = Math.ceil(text.length / MAX_TEXT);
  const frames = Buffer.allocUnsafe(text.length + count * 5);
  let at = 0;
  for (let from = 0; from < text.length; from += MAX_TEXT) {
    const part = text.subarray(from, from + MAX_TEXT);
    frames.write((part.length + 5).toString(16).padStart(4, '0'), at, 'latin1');
    frames[at + 4] = PROGRESS;
    frames.set(part, at + 5);
    at += part.length + 5;
  }
  return frames;
}
