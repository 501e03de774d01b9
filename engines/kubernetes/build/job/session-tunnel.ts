import { Duplex } from 'node:stream';
import type { ClientHttp2Stream } from 'node:http2';
import { frame, messages } from '../../../build/session/grpc-frames.ts';
import { bytesField, WireReader } from '../../../build/session/wire.ts';

/**
 * A connection inside a gRPC stream, each of whose messages carries some of its bytes (BytesMessage): this is how
 * buildkitd calls back to its clients.
 */
export function tunnel(stream: ClientHttp2Stream): Duplex {
  let wanted = (): void => undefined;
  const connection = new Duplex({
    read: () => wanted(),
    write: (chunk: Buffer, _encoding, done) => {
      if (stream.write(frame(bytesField(1, chunk)))) done();
      else stream.once('drain', done);
    },
    final: (done) => {
      stream.end();
      done();
    },
    destroy: (error, done) => {
      wanted();
      stream.close();
      done(error);
    },
  });
  const pump = async (): Promise<void> => {
    for await (const message of messages(stream)) {
      const reader = new WireReader(message);
      if (!reader.next()) continue;
      const more = new Promise<void>((resolve) => (wanted = resolve));
      if (!connection.push(reader.bytes())) await more;
      if (connection.destroyed) return;
    }
    connection.push(null);
  };
  pump().catch((error: unknown) => connection.destroy(error instanceof Error ? error : undefined));
  return connection;
}
