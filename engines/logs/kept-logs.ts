import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCutter, parseStamped, type StampedLine } from './log-lines.ts';

/** Whose lines are kept. */
export interface ReplicaPlace {
  readonly appId: string;
  readonly releaseNumber: number;
  readonly process: string;
  readonly index: number;
}

/** What a file of kept log lines belongs to. */
export interface KeptLog {
  readonly release: number;
  readonly process: string;
  readonly index: number;
  readonly path: string;
}

const MOST_BYTES = 1024 * 1024;
const NAME = /^(\d+)-([a-z][a-z0-9-]*)-(\d+)\.log$/;

/**
 * The last lines of replicas that are gone: `<folder>/<appId>/<release>-<process>-<index>.log`, at most 1 MiB
 * each. People need most what a dead canary wrote.
 */
export class KeptLogs {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Writes the newest lines of a replica; what was kept of an earlier one at the same place stays before them.
   * @param after only lines after this time; absent: those that came after the last one kept
   */
  async keep(id: ReplicaPlace, lines: AsyncIterable<StampedLine>, after?: string): Promise<void> {
    const folder = join(this.folder, id.appId);
    const path = join(folder, `${id.releaseNumber}-${id.process}-${id.index}.log`);
    const newest = new NewestBytes(MOST_BYTES);
    for await (const line of readKept(path)) newest.add(line);
    const before = after ?? newest.last();
    for await (const line of lines) if (before === undefined || line.stamp > before) newest.add(line);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, newest.text(), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async list(appId: string): Promise<KeptLog[]> {
    const folder = join(this.folder, appId);
    return (await readdir(folder).catch(noFolder)).flatMap((name) => {
      const [, release, process, index] = NAME.exec(name) ?? [];
      if (process === undefined) return [];
      return [{ release: Number(release), process, index: Number(index), path: join(folder, name) }];
    });
  }

  lines(log: KeptLog): AsyncIterable<StampedLine> {
    return readKept(log.path);
  }

  async removeApp(appId: string): Promise<void> {
    await rm(join(this.folder, appId), { recursive: true, force: true });
  }

  /** Apps that have kept logs. */
  async appIds(): Promise<string[]> {
    return readdir(this.folder).catch(noFolder);
  }

  /** Removes files that nobody has written to since a time (milliseconds since 1970), also half-written ones. */
  async prune(before: number): Promise<void> {
    for await (const file of this.files()) {
      if (file.writtenAt < before) await rm(file.path, { force: true });
    }
  }

  async bytes(): Promise<number> {
    let bytes = 0;
    for await (const file of this.files()) bytes += file.bytes;
    return bytes;
  }

  private async *files(): AsyncGenerator<{ path: string; bytes: number; writtenAt: number }> {
    for (const appId of await this.appIds()) {
      const folder = join(this.folder, appId);
      for (const name of await readdir(folder).catch(noFolder)) {
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found?.isFile()) yield { path, bytes: found.size, writtenAt: found.mtimeMs };
      }
    }
  }
}

async function* readKept(path: string): AsyncGenerator<StampedLine> {
  const cutter = new LineCutter();
  try {
    for await (const chunk of createReadStream(path)) {
      for (const line of cutter.push(chunk as Buffer)) {
        const parsed = parseStamped(line);
        if (parsed !== undefined) yield parsed;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}

/** The last lines that fit into so many bytes. */
class NewestBytes {
  private readonly most: number;
  private lines: string[] = [];
  private bytes = 0;
  private newest: string | undefined;

  constructor(most: number) {
    this.most = most;
  }

  add(line: StampedLine): void {
    const text = `${line.stamp} ${line.text}\n`;
    this.lines.push(text);
    this.bytes += Buffer.byteLength(text);
    this.newest = line.stamp;
    if (this.bytes > 2 * this.most) this.cut();
  }

  last(): string | undefined {
    return this.newest;
  }

  text(): string {
    this.cut();
    return this.lines.join('');
  }

  private cut(): void {
    let from = 0;
    while (this.bytes > this.most && from < this.lines.length) {
      this.bytes -= Buffer.byteLength(this.lines[from] ?? '');
      from += 1;
    }
    this.lines = this.lines.slice(from);
  }
}
