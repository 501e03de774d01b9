import { readFile, rename, writeFile } from 'node:fs/promises';
import { StoredTotals } from './total-counts.ts';

/** The totals over all routers, in a file: a server that starts again goes on where the last one ended. */
export class KeptTotals {
  private readonly file: string;
  private saved = '';
  private turn: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** @returns undefined where there are none, or none that can be read: counting begins again */
  async read(): Promise<StoredTotals | undefined> {
    try {
      return StoredTotals.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Cut short by a power cut: it is not flushed for each second's numbers.
      if (code === undefined || code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async save(totals: StoredTotals): Promise<void> {
    const text = JSON.stringify(totals);
    const saving = this.turn.then(async () => this.write(text));
    this.turn = saving.catch(() => undefined);
    return saving;
  }

  private async write(text: string): Promise<void> {
    if (text === this.saved) return;
    await writeFile(`${this.file}.tmp`, text, { mode: 0o600 });
    await rename(`${this.file}.tmp`, this.file);
    this.saved = text;
  }
}
