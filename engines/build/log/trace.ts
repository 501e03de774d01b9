import { WireReader } from '../session/wire.ts';

/**
 * What BuildKit says while it works: moby.buildkit.v1.StatusResponse, of which vertices (steps) and their output
 * are read. github.com/moby/buildkit, api/services/control/control.proto
 */
export interface Trace {
  readonly vertices: readonly Vertex[];
  readonly logs: readonly VertexLog[];
}

export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: boolean;
  /** When, as a message whose only use is to be compared. */
  readonly startedAt: string;
  readonly completed: boolean;
  /** '' when it did not fail. */
  readonly error: string;
}

export interface VertexLog {
  readonly vertex: string;
  readonly bytes: Buffer;
}

export function decodeTrace(message: Buffer): Trace {
  const vertices: Vertex[] = [];
  const logs: VertexLog[] = [];
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === 1) vertices.push(decodeVertex(reader.bytes()));
    else if (reader.field === 3) logs.push(decodeLog(reader.bytes()));
    else reader.skip();
  }
  return { vertices, logs };
}

function decodeVertex(message: Buffer): Vertex {
  const vertex = {
    digest: '',
    name: '',
    cached: false,
    started: false,
    startedAt: '',
    completed: false,
    error: '',
  };
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === 1) vertex.digest = reader.bytes().toString('latin1');
    else if (reader.field === 3) vertex.name = reader.bytes().toString('utf8');
    else if (reader.field === 4) vertex.cached = reader.number() !== 0;
    else if (reader.field === 5) vertex.startedAt = reader.bytes().toString('latin1');
    else if (reader.field === 6) vertex.completed = reader.bytes().length > 0;
    else if (reader.field === 7) vertex.error = reader.bytes().toString('utf8');
    else reader.skip();
  }
  vertex.started = vertex.startedAt !== '';
  return vertex;
}

function decodeLog(message: Buffer): VertexLog {
  let vertex = '';
  let bytes: Buffer = Buffer.alloc(0);
  const reader = new WireReader(message);
  while (reader.next()) {
    if (reader.field === 1) vertex = reader.bytes().toString('latin1');
    else if (reader.field === 4) bytes = reader.bytes();
    else reader.skip();
  }
  return { vertex, bytes };
}
