import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { frame, messages } from './grpc-frames.ts';
import { WireReader, bytesField, numberField } from './wire.ts';

/** Blobs that BuildKit may read from its client. */
export interface BlobSource {
  /** In bytes. @returns undefined: it has none of that digest */
  sizeOf(digest: string): Promise<number | undefined>;
  /** @param length at most so many bytes */
  read(digest: string, offset: number, length: number): AsyncIterable<Uint8Array>;
}

/** Takes the blobs that an exporter sends. */
export interface BlobSink {
  /** @returns undefined: it is there, and need not be sent */
  open(blob: SentBlob): Promise<BlobWriter | undefined>;
}

export interface SentBlob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** A manifest or a list of them, which comes after what it names. */
  readonly isManifest: boolean;
}

export interface BlobWriter {
  /** Resolves when more can be taken. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when it is kept. */
  commit(): Promise<void>;
  /** It does not come to its end. */
  abandon(): void;
}

export interface ContentStores {
  /** By the name that a solve's context gives (`oci-layout://NAME@…`). */
  readonly sources?: Readonly<Record<string, BlobSource>>;
  readonly sink?: BlobSink;
}

const SERVICE = '/containerd.services.content.v1.Content';
const METHOD = { write: `${SERVICE}/Write`, info: `${SERVICE}/Info`, read: `${SERVICE}/Read` } as const;
export const CONTENT_METHODS = Object.values(METHOD);

const Action = { stat: 0, write: 1, commit: 2 } as const;
const OK = '0';
const NOT_FOUND = '5';
const ALREADY_EXISTS = '6';
const OUT_OF_RANGE = '11';
const INTERNAL = '13';
/** Of an answer's message; gRPC takes 4 MiB. */
const PIECE = 1024 * 1024;

/**
 * containerd's content service, as far as BuildKit's exporter `oci` without `tar` and its contexts of `oci-layout` ask for it.
 * https://github.com/containerd/containerd, api/services/content/v1/content.proto
 * @returns false when the request is for something else
 */
export async function answerContent(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { sources = {}, sink }: ContentStores,
): Promise<boolean> {
  const store = String(headers['buildkit-attachable-store-id'] ?? '');
  const source = store.startsWith('oci:') ? sources[store.slice('oci:'.length)] : undefined;
  const path = headers[':path'];
  let work: (() => Promise<Status>) | undefined;
  if (path === METHOD.write && store === 'export' && sink !== undefined) work = () => receive(stream, sink);
  else if (path === METHOD.info && source !== undefined) work = () => info(stream, source);
  else if (path === METHOD.read && source !== undefined) work = () => send(stream, source);
  if (work === undefined) return false;
  await ended(stream, work);
  return true;
}

interface Status {
  readonly code: string;
  readonly message?: string;
}

/** Ends the call with the status that the work gives, or with why it broke. */
async function ended(stream: ServerHttp2Stream, work: () => Promise<Status>): Promise<void> {
  const { code, message } = await work().catch((error: unknown) => ({
    code: INTERNAL,
    message: error instanceof Error ? error.message : String(error),
  }));
  if (stream.destroyed) return;
  const trailers = {
    'grpc-status': code,
    ...(message === undefined ? {} : { 'grpc-message': encodeURIComponent(message) }),
  };
  // What is still on its way here would hold up the connection.
  stream.resume();
  if (!stream.headersSent) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end();
}

function begin(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
}

async function receive(stream: ServerHttp2Stream, sink: BlobSink): Promise<Status> {
  let blob: SentBlob | undefined;
  let writer: BlobWriter | undefined;
  let offset = 0;
  let committed = false;
  try {
    for await (const message of messages(stream.iterator({ destroyOnReturn: false }))) {
      const request = readWrite(message);
      if (blob === undefined || writer === undefined) {
        // As containerd's MakeRefKey names what is sent.
        const isManifest = /^(?:manifest|index)-/.test(request.ref);
        blob = { digest: request.expected, size: request.total, isManifest };
        writer = await sink.open(blob);
        if (writer === undefined) return { code: ALREADY_EXISTS, message: `${blob.digest} is there` };
        begin(stream);
      }
      if (request.data.length > 0) {
        if (request.offset !== offset) return { code: OUT_OF_RANGE, message: `write on at ${offset}` };
        await writer.write(request.data);
        offset += request.data.length;
      }
      if (request.action === Action.commit) await writer.commit();
      committed = request.action === Action.commit;
      await written(stream, answerOf(request.action, offset, blob));
      if (committed) break;
    }
    return { code: OK };
  } finally {
    if (!committed) writer?.abandon();
  }
}

function answerOf(action: number, offset: number, { size, digest }: SentBlob): Buffer {
  return Buffer.concat([
    numberField(1, action),
    numberField(4, offset),
    numberField(5, size),
    bytesField(6, action === Action.commit ? digest : ''),
  ]);
}

function readWrite(message: Buffer) {
  const request = { action: 0, ref: '', total: 0, expected: '', offset: 0, data: Buffer.alloc(0) as Buffer };
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === 1) request.action = reader.number();
    else if (reader.field === 2) request.ref = reader.bytes().toString('utf8');
    else if (reader.field === 3) request.total = reader.number();
    else if (reader.field === 4) request.expected = reader.bytes().toString('utf8');
    else if (reader.field === 5) request.offset = reader.number();
    else if (reader.field === 6) request.data = reader.bytes();
    else reader.skip();
  }
  return request;
}

async function info(stream: ServerHttp2Stream, source: BlobSource): Promise<Status> {
  const { digest } = await asked(stream);
  const size = await source.sizeOf(digest);
  if (size === undefined) return { code: NOT_FOUND, message: `there is no ${digest}` };
  begin(stream);
  // InfoResponse { info = 1 { digest = 1; size = 2 } }
  await written(stream, bytesField(1, Buffer.concat([bytesField(1, digest), numberField(2, size)])));
  return { code: OK };
}

async function send(stream: ServerHttp2Stream, source: BlobSource): Promise<Status> {
  const { digest, offset, size } = await asked(stream);
  begin(stream);
  let at = offset;
  for await (const bytes of source.read(digest, offset, size)) {
    for (let from = 0; from < bytes.length; from += PIECE) {
      const piece = bytes.subarray(from, from + PIECE);
      await written(stream, Buffer.concat([numberField(1, at), bytesField(2, piece)]));
      at += piece.length;
    }
  }
  return { code: OK };
}

async function asked(stream: ServerHttp2Stream) {
  const request = { digest: '', offset: 0, size: 0 };
  for await (const message of messages(stream.iterator({ destroyOnReturn: false }))) {
    const reader = new WireReader(message);
    while (reader.next()) {
      if (reader.field === 1) request.digest = reader.bytes().toString('utf8');
      else if (reader.field === 2) request.offset = reader.number();
      else if (reader.field === 3) request.size = reader.number();
      else reader.skip();
    }
    break;
  }
  return request;
}

async function written(stream: ServerHttp2Stream, message: Uint8Array): Promise<void> {
  if (stream.write(frame(message))) return;
  await new Promise<void>((resolve, reject) => {
    const gone = (): void => reject(new Error('BuildKit hung up'));
    if (stream.destroyed) return gone();
    stream.once('close', gone);
    stream.once('drain', () => {
      stream.off('close', gone);
      resolve();
    });
  });
}
