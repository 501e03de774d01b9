import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

export interface ObjectInfo {
  readonly oid: string;
  readonly type: string;
  /** Bytes, expanded. */
  readonly size: number;
}
export interface GitObject extends ObjectInfo {
  readonly content: Buffer;
}

type Want = 'info' | 'contents';
interface Pending {
  readonly want: Want;
  readonly resolve: (found: GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Nothing that the checks read is larger; an object that is ends the reader. */
const MAX_CONTENT = 64 * 1024 * 1024;

/** The repository could not be read: git died or answered nonsense. */
class ObjectReadError extends Error {
  override readonly name = 'ObjectReadError';
}

/**
 * Reads objects of one repository through one `git cat-file --batch-command`. Requests are answered in order, so
 * many may be under way; call `flush` after a batch.
 */
export class GitObjects {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending: Pending[] = [];
  #next = 0;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 1;
  #failed: Error | undefined;
  #out: string[] = [];

  constructor(argv: readonly string[], env: NodeJS.ProcessEnv) {
    const [command = 'git', ...args] = argv;
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.resume();
    this.#child.stdin.on('error', () => this.#fail('git stopped reading'));
    this.#child.on('error', (error) => this.#fail(`git did not start: ${error.message}`));
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stdout.on('end', () => this.#fail('git ended early'));
  }

  /** Type and size; undefined when there is no such object. */
  info(oid: string): Promise<ObjectInfo | undefined> {
    return this.#ask('info', oid);
  }

  /** The object itself. @param name an object id, or one with a suffix such as `^{tree}` */
  contents(name: string): Promise<GitObject | undefined> {
    return this.#ask('contents', name);
  }

  /** Sends what has been asked since the last flush. */
  flush(): void {
    if (this.#out.length === 0) return;
    this.#out.push('flush\n');
    this.#child.stdin.write(this.#out.join(''));
    this.#out = [];
  }

  close(): void {
    this.#fail('closed');
    this.#child.kill('SIGKILL');
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  #ask(want: Want, name: string): Promise<GitObject | undefined> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    this.#out.push(`${want} ${name}\n`);
    return new Promise((resolve, reject) => this.#pending.push({ want, resolve, reject }));
  }

  #fail(message: string): void {
    this.#failed ??= new ObjectReadError(message);
    const left = this.#pending.slice(this.#next);
    this.#pending.length = 0;
    this.#next = 0;
    for (const { reject } of left) reject(this.#failed);
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let offset = 0;
    this.#needed = 1;
    while (offset < bytes.length) {
      const used = this.#answer(bytes, offset);
      if (used === undefined) break;
      offset += used;
    }
    this.#chunks = offset < bytes.length ? [Buffer.from(bytes.subarray(offset))] : [];
    this.#buffered = bytes.length - offset;
    this.#needed = Math.max(this.#needed - offset, 1);
  }

  /** Takes one answer off; undefined when it is not complete, `#needed` then says how far the buffer must reach. */
  #answer(bytes: Buffer, offset: number): number | undefined {
    const pending = this.#pending[this.#next];
    if (pending === undefined) return bytes.length;
    const end = bytes.indexOf(0x0a, offset);
    if (end < 0) {
      this.#needed = bytes.length + 1;
      return undefined;
    }
    const header = bytes.toString('utf8', offset, end);
    const [oid = '', type = '', length = ''] = header.split(' ');
    const size = Number(length);
    if (!/^[0-9a-f]{40,64}$/.test(oid) || !/^\d+$/.test(length)) {
      this.#settle(pending, undefined);
      return end + 1 - offset;
    }
    if (pending.want === 'info') {
      this.#settle(pending, { oid, type, size, content: NONE });
      return end + 1 - offset;
    }
    if (size > MAX_CONTENT) {
      this.#fail(`object ${oid} has ${size} bytes`);
      return bytes.length - offset;
    }
    if (end + 1 + size + 1 > bytes.length) {
      this.#needed = end + 1 + size + 1;
      return undefined;
    }
    this.#settle(pending, { oid, type, size, content: Buffer.from(bytes.subarray(end + 1, end + 1 + size)) });
    return end + 1 + size + 1 - offset;
  }

  #settle(pending: Pending, found: GitObject | undefined): void {
    this.#next += 1;
    if (this.#next === this.#pending.length) {
      this.#pending.length = 0;
      this.#next = 0;
    }
    pending.resolve(found);
  }
}

const NONE = Buffer.alloc(0);
