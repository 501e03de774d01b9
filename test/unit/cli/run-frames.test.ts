import { describe, expect, test } from 'vitest';
import { RunCommand } from '../../../core/contracts/resources.ts';
import {
  ClientFrame,
  FrameDecoder,
  FrameError,
  MAX_FRAME_BYTES,
  ServerFrame,
  decodeRunHeader,
  encodeFrame,
  encodeFrames,
  encodeJsonFrame,
  encodeRunHeader,
} from '../../../core/run-frames.ts';
import { decodeJson, RunExit } from '../../../core/run-messages.ts';

describe('encoding', () => {
  test('one byte type, four bytes big-endian length, payload', () => {
    expect([...encodeFrame(1, Buffer.from('ab'))]).toEqual([1, 0, 0, 0, 2, 97, 98]);
    expect([...encodeFrame(ClientFrame.stdinEnd)]).toEqual([2, 0, 0, 0, 0]);
  });

  test('a payload over the limit is refused, a stream is cut into frames', () => {
    const long = Buffer.alloc(MAX_FRAME_BYTES * 2 + 1, 7);
    expect(() => encodeFrame(0, long)).toThrow(RangeError);
    expect([...encodeFrames(0, long)].map((frame) => frame.length - 5)).toEqual([
      MAX_FRAME_BYTES,
      MAX_FRAME_BYTES,
      1,
    ]);
    expect([...encodeFrames(0, Buffer.alloc(0))]).toEqual([]);
  });
});

describe('decoding', () => {
  const bytes = Buffer.concat([
    encodeFrame(ServerFrame.stdout, Buffer.from('hello')),
    encodeFrame(ServerFrame.stderr, Buffer.alloc(0)),
    encodeFrame(ServerFrame.stdout, Buffer.alloc(MAX_FRAME_BYTES, 1)),
    encodeJsonFrame(ServerFrame.exit, { code: 3, oomKilled: false }),
  ]);

  test.each([1, 2, 3, 5, 7, 4_096, bytes.length])('in pieces of %i bytes', (size) => {
    const decoder = new FrameDecoder();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size)
      frames.push(...decoder.push(bytes.subarray(at, at + size)));
    expect(frames.map(({ type, payload }) => [type, payload.length])).toEqual([
      [0, 5],
      [1, 0],
      [0, MAX_FRAME_BYTES],
      [2, 28],
    ]);
    expect(frames[0]?.payload.toString()).toBe('hello');
    expect(decoder.atBoundary).toBe(true);
  });

  test('a frame that has begun is not a boundary', () => {
    const decoder = new FrameDecoder();
    decoder.push(bytes.subarray(0, 6));
    expect(decoder.atBoundary).toBe(false);
  });

  test('a length over the limit ends it before its payload is kept', () => {
    const header = Buffer.from([0, 0, 1, 0, 1]);
    expect(() => new FrameDecoder().push(header)).toThrow(FrameError);
  });

  test('frames stay what they were when the caller reuses its buffer', () => {
    const chunk = encodeFrame(0, Buffer.from('keep'));
    const [frame] = new FrameDecoder().push(chunk);
    chunk.fill(0);
    expect(frame?.payload.toString()).toBe('keep');
  });

  test('JSON that is not what it should be is a FrameError', () => {
    expect(decodeJson(RunExit, { type: 2, payload: Buffer.from('{"code":0,"oomKilled":true}') })).toEqual({
      code: 0,
      oomKilled: true,
    });
    for (const payload of ['', '{', '{"code":-1,"oomKilled":true}', '{"code":0}']) {
      expect(() => decodeJson(RunExit, { type: 2, payload: Buffer.from(payload) })).toThrow(FrameError);
    }
  });
});

test('the header carries a RunCommand of any letters', () => {
  const command = { command: ['sh', '-c', 'echo "ü\n🙂"'], tty: true, columns: 80, rows: 24 };
  const header = encodeRunHeader(command);
  expect(header).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(RunCommand.parse(decodeRunHeader(header))).toEqual(command);
  expect(decodeRunHeader('not base64!')).toBeUndefined();
  expect(decodeRunHeader('bm90IGpzb24')).toBeUndefined();
});
