import { describe, expect, test } from 'vitest';
import { FLUSH, FrameSplitter, MAX_PKT, PktLineError, pktLine } from '../../../server/git/pkt-line.ts';
import { progressFrames } from '../../../server/git/sideband.ts';
import { PushCommandsReader } from '../../../server/git/push-commands.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

describe('pkt-line', () => {
  test('a frame counts its own header', () => {
    expect(pktLine('ok\n').toString()).toBe('0007ok\n');
    expect(pktLine(Buffer.alloc(MAX_PKT - 4)).length).toBe(MAX_PKT);
    expect(() => pktLine(Buffer.alloc(MAX_PKT - 3))).toThrow(RangeError);
  });

  test('frames are cut the same way wherever the stream is split', () => {
    const stream = Buffer.concat([
      pktLine('one'),
      FLUSH,
      pktLine(Buffer.alloc(3_000, 'x')),
      Buffer.from('0001'),
    ]);
    for (let at = 0; at <= stream.length; at += 7) {
      const splitter = new FrameSplitter();
      const seen: (number | undefined)[] = [];
      const out = [stream.subarray(0, at), stream.subarray(at)].map((part) =>
        splitter.push(part, (payload) => seen.push(payload?.length)),
      );
      expect(Buffer.concat(out).equals(stream)).toBe(true);
      expect(seen).toEqual([3, undefined, 3_000, undefined]);
      expect(splitter.held).toHaveLength(0);
    }
  });

  test('an unfinished frame is held back', () => {
    const splitter = new FrameSplitter();
    expect(splitter.push(Buffer.from('0007ok\n000')).toString()).toBe('0007ok\n');
    expect(splitter.held.toString()).toBe('000');
  });

  test.each(['zzzz', '0003', 'fffff', '00 7'])('%s is no header', (bytes) => {
    expect(() => new FrameSplitter().push(Buffer.from(bytes))).toThrow(PktLineError);
  });
});

describe('side-band frames', () => {
  test('hold everything in order, each within one SSH packet', () => {
    const text = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    const parts: Buffer[] = [];
    new FrameSplitter().push(progressFrames(text), (payload) => {
      expect(payload?.[0]).toBe(2);
      expect((payload?.length ?? 0) + 4).toBeLessThanOrEqual(32 * 1024);
      if (payload !== undefined) parts.push(payload.subarray(1));
    });
    expect(Buffer.concat(parts).equals(text)).toBe(true);
  });
});

describe('the head of a push', () => {
  const head = Buffer.concat([
    pktLine(`shallow ${A}`),
    pktLine(`${A} ${B} refs/heads/main\0 report-status side-band-64k push-options agent=git/2.39`),
    pktLine(`${B} ${A} refs/tags/v1\n`),
    FLUSH,
  ]);

  test('is read wherever the stream is split, and the pack behind it is not touched', () => {
    const stream = Buffer.concat([head, Buffer.from('PACK\0\0\0\x02 and so on')]);
    for (let at = 1; at < stream.length; at += 5) {
      const reader = new PushCommandsReader();
      const read = reader.push(stream.subarray(0, at)) ?? reader.push(stream.subarray(at));
      expect(read?.shallow).toBe(true);
      expect(read?.capabilities.has('side-band-64k')).toBe(true);
      expect(read?.commands).toEqual([
        { old: A, next: B, ref: 'refs/heads/main' },
        { old: B, next: A, ref: 'refs/tags/v1' },
      ]);
    }
  });

  test('is given once', () => {
    const reader = new PushCommandsReader();
    expect(reader.push(head)).toBeDefined();
    expect(reader.push(head)).toBeUndefined();
  });

  test.each(['GET / HTTP/1.1\r\n\r\n', '0009xxxxx', `0032${A} x`])('%j is no push', (bytes) => {
    expect(() => new PushCommandsReader().push(Buffer.from(`${bytes}${'0'.repeat(40)}`))).toThrow(
      PktLineError,
    );
  });

  test('an endless list of refs ends the reading', () => {
    const reader = new PushCommandsReader();
    const line = Buffer.concat(Array<Buffer>(2_000).fill(pktLine(`${A} ${B} refs/tags/t`)));
    expect(() => {
      for (let i = 0; i < 100; i += 1) reader.push(line);
    }).toThrow(PktLineError);
  });
});
