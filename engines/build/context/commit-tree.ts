import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TarScanner } from './tar-scanner.ts';
import type { TreeEntry } from './tar-scanner.ts';

/** Bytes read at a time; BuildKit takes messages of up to 4 MiB. */
const PIECE = 64 * 1024;

/** The files of one commit, in one spool file of the attempt. */
export class CommitTree {
  readonly entries: readonly TreeEntry[];
  private readonly byPath: ReadonlyMap<string, TreeEntry>;
  private readonly file: FileHandle;
  private readonly path: string;

  private constructor(path: string, file: FileHandle, entries: readonly TreeEntry[]) {
    this.path = path;
    this.file = file;
    this.entries = entries;
    this.byPath = new Map(entries.map((entry) => [entry.path, entry]));
  }

  /**
   * @param stream tar entries without the end-of-archive blocks
   * @throws Error when the stream breaks or ends inside an entry, ENOSPC when the disk is full
   */
  static async spool(stream: NodeJS.ReadableStream, path: string, signal: AbortSignal): Promise<CommitTree> {
    const file = await open(path, 'w+', 0o600);
    try {
      const scanner = new TarScanner();
      for await (const chunk of stream) {
        signal.throwIfAborted();
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
        scanner.push(bytes);
        await file.writeFile(bytes);
      }
      return new CommitTree(path, file, scanner.end());
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
  }

  /** One that was spooled before, by this process or another. @throws as `spool`, ENOENT when there is none */
  static async reopen(path: string, signal: AbortSignal): Promise<CommitTree> {
    const file = await open(path, 'r');
    try {
      const scanner = new TarScanner();
      const stream = file.createReadStream({ autoClose: false, signal, start: 0 });
      for await (const chunk of stream) scanner.push(chunk as Buffer);
      return new CommitTree(path, file, scanner.end());
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(path: string): boolean {
    return this.byPath.get(binary(path))?.kind === 'file';
  }

  /** Bytes of a file, symlinks followed within the tree; 0 when there is none. */
  sizeOf(path: string): number {
    return this.resolve(binary(path))?.size ?? 0;
  }

  /** A file as bytes (latin1, so that patterns in it compare with names), symlinks followed within the tree. */
  async binaryText(path: string): Promise<string | undefined> {
    const entry = this.resolve(binary(path));
    if (entry === undefined) return undefined;
    const pieces: Buffer[] = [];
    for await (const piece of this.content(entry)) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  }

  async text(path: string): Promise<string | undefined> {
    const bytes = await this.binaryText(path);
    return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString('utf8');
  }

  async *content(entry: TreeEntry): AsyncGenerator<Buffer> {
    for (let done = 0; done < entry.size;) {
      const wanted = Math.min(PIECE, entry.size - done);
      const { buffer, bytesRead } = await this.file.read(
        Buffer.allocUnsafe(wanted),
        0,
        wanted,
        entry.offset + done,
      );
      if (bytesRead === 0) throw new Error('the spooled tree is shorter than it was');
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
    await rm(this.path, { force: true });
  }

  private resolve(path: string): TreeEntry | undefined {
    let current = path;
    for (let hops = 0; hops < 10; hops++) {
      const entry = this.byPath.get(current);
      if (entry?.kind === 'file') return entry;
      if (entry?.kind !== 'symlink' || entry.link.startsWith('/')) return undefined;
      const folder = current.split('/').slice(0, -1);
      const parts: string[] = [];
      for (const part of [...folder, ...entry.link.split('/')]) {
        if (part === '..') parts.pop();
        else if (part !== '.' && part !== '') parts.push(part);
      }
      current = parts.join('/');
    }
    return undefined;
  }
}

function binary(path: string): string {
  return Buffer.from(path, 'utf8')
    .toString('latin1')
    .replace(/^(?:\.?\/)+/, '');
}
