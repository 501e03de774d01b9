import type { ServerHttp2Stream } from 'node:http2';
import { frame, messages } from './grpc-frames.ts';
import { WireReader, bytesField } from './wire.ts';

/** Secrets that a solve's commands may mount. */
export interface SecretSource {
  /** @returns undefined: there is none of that id */
  get(id: string): Promise<string | undefined>;
}

/** https://github.com/moby/buildkit, session/secrets/secrets.proto */
export const GET_SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret';

const OK = '0';
const NOT_FOUND = '5';
const UNAVAILABLE = '14';

/** Answers a command that mounts a secret. One that does not require it runs without it when there is none. */
export async function answerSecret(stream: ServerHttp2Stream, secrets: SecretSource): Promise<void> {
  const id = await askedId(stream);
  const found = await secrets.get(id).then(
    (value) => (value === undefined ? NOT_FOUND : { value }),
    () => UNAVAILABLE,
  );
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (typeof found === 'string') {
    const message = found === NOT_FOUND ? `there is no secret ${id}` : 'the secrets cannot be had now';
    const trailers = { 'grpc-status': found, 'grpc-message': encodeURIComponent(message) };
    stream.respond({ ...head, ...trailers }, { endStream: true });
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': OK }));
  stream.respond(head, { waitForTrailers: true });
  // GetSecretResponse { data = 1 }
  stream.end(frame(bytesField(1, Buffer.from(found.value))));
}

/** GetSecretRequest { ID = 1, annotations = 2 } */
async function askedId(stream: ServerHttp2Stream): Promise<string> {
  let id = '';
  for await (const message of messages(stream.iterator({ destroyOnReturn: false }))) {
    const reader = new WireReader(message);
    while (reader.next()) {
      if (reader.field === 1) id = reader.bytes().toString('utf8');
      else reader.skip();
    }
  }
  return id;
}
