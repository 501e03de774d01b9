import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import { frame, messages } from '../../../build/session/grpc-frames.ts';

/** The other side has answered a call with an error. */
export class GrpcRefused extends Error {
  /** As in https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'GrpcRefused';
    this.status = status;
  }
}

const OK = '0';

export interface GrpcCall {
  readonly stream: ClientHttp2Stream;
  /** The messages of the answer, to its end. @throws GrpcRefused, and the connection's error */
  answers(): AsyncGenerator<Buffer>;
  cancel(): void;
}

/** @param path such as `/moby.buildkit.v1.Control/Solve` */
export function grpcCall(
  connection: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): GrpcCall {
  const stream = connection.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let end: IncomingHttpHeaders | undefined;
  // An answer that is only an error has its status among the first headers.
  stream.on('response', (first) => {
    if (first['grpc-status'] !== undefined) end = first;
  });
  stream.on('trailers', (last) => (end = last));
  // Whoever reads hears of it; nobody may be reading any more.
  stream.on('error', () => undefined);
  return {
    stream,
    async *answers() {
      yield* messages(stream);
      const status = end?.['grpc-status'];
      if (status === OK) return;
      const said = decodeURIComponent(String(end?.['grpc-message'] ?? ''));
      if (typeof status === 'string') throw new GrpcRefused(Number(status), said);
      throw new Error(`BuildKit broke off ${path}`);
    },
    cancel: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

/** One message there, and one or none back. */
export async function unary(call: GrpcCall, message: Uint8Array): Promise<Buffer> {
  call.stream.end(frame(message));
  let answer: Buffer = Buffer.alloc(0);
  for await (const one of call.answers()) answer = one;
  return answer;
}
