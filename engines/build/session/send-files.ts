import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TreeEntry } from '../context/tar-scanner.ts';
import type { FileSource } from './file-source.ts';
import { frame, messages } from './grpc-frames.ts';
import { WireReader, bytesField, numberField } from './wire.ts';

/**
 * The sending side of fsutil's protocol (github.com/tonistiigi/fsutil, types/wire.proto), by which BuildKit takes a
 * folder from its client: all stats in walk order, then the contents that it asks for, then FIN both ways.
 */

const Packet = { stat: 0, request: 1, data: 2, fin: 3, error: 4 } as const;

/** Go's os.FileMode bits. */
const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
const GO_SETUID = 2 ** 23;
const GO_SETGID = 2 ** 22;
const GO_STICKY = 2 ** 20;

export async function sendFiles(
  stream: Duplex,
  source: FileSource,
  entries: readonly TreeEntry[],
): Promise<void> {
  const write = async (bytes: Buffer): Promise<void> => {
    if (!stream.write(frame(bytes))) await once(stream, 'drain');
  };
  // The engine asks for contents while stats still arrive, so both directions go on side by side.
  const stats = (async () => {
    for (const entry of entries) await write(bytesField(2, stat(entry)));
    await write(Buffer.alloc(0));
  })();
  const contents = (async () => {
    // Leaving the loop must not end the stream, as our FIN still has to go out.
    for await (const message of messages(stream.iterator({ destroyOnReturn: false }))) {
      const { type, id, data } = read(message);
      if (type === Packet.fin) break;
      if (type === Packet.error) throw new Error(`the engine refused the files: ${data}`);
      const entry = entries[id];
      if (type !== Packet.request || entry === undefined) continue;
      for await (const piece of source.content(entry)) await write(packet(Packet.data, id, piece));
      await write(packet(Packet.data, id));
    }
  })();
  await Promise.all([stats, contents]);
  await write(packet(Packet.fin, 0));
}

function packet(type: number, id: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([numberField(1, type), numberField(3, id), bytesField(4, data)]);
}

function read(message: Buffer): { type: number; id: number; data: string } {
  const seen = { type: 0, id: 0, data: '' };
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === 1) seen.type = reader.number();
    else if (reader.field === 3) seen.id = reader.number();
    else if (reader.field === 4) seen.data = reader.bytes().toString('utf8');
    else reader.skip();
  }
  return seen;
}

/**
 * BuildKit keeps the folder of the app's last build and asks only for files whose size or time differ. Two commits
 * may give a file the same second, so the part below a second carries the content's checksum; layers keep no part
 * below a second.
 */
function stat(entry: TreeEntry): Buffer {
  const nanoseconds = BigInt(entry.mtime) * 1_000_000_000n + BigInt(entry.checksum % 1_000_000_000);
  return Buffer.concat([
    bytesField(1, entry.path),
    numberField(2, goMode(entry)),
    numberField(5, entry.size),
    numberField(6, nanoseconds),
    bytesField(7, entry.link),
  ]);
}

function goMode({ kind, mode }: TreeEntry): number {
  if (kind === 'symlink') return GO_SYMLINK + 0o777;
  return (
    (mode & 0o777) +
    (kind === 'directory' ? GO_DIRECTORY : 0) +
    ((mode & 0o4000) === 0 ? 0 : GO_SETUID) +
    ((mode & 0o2000) === 0 ? 0 : GO_SETGID) +
    ((mode & 0o1000) === 0 ? 0 : GO_STICKY)
  );
}
