import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { must, run } from '../support/command.ts';

const SIZE = '4g';

/** A disk of its own for a data folder, in memory, that can be full in a moment and costs only what is on it. */
export class DataDisk {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async mount(path: string): Promise<DataDisk> {
    await mkdir(path, { recursive: true });
    await must('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=700`, 'sluice-crash', path]);
    return new DataDisk(path);
  }

  /**
   * Leaves not a byte free: the file system is made as small as what it holds. Others write and remove meanwhile, so it is
   * tried until it fits.
   * @throws Error when a byte more can still be written
   */
  async fill(): Promise<void> {
    for (let again = 0; again < 50; again++) {
      const { blocks, bfree, bsize } = await statfs(this.#path);
      const shrunk = await run('mount', ['-o', `remount,size=${(blocks - bfree) * bsize}`, this.#path]);
      if (shrunk.code === 0 && (await this.#refuses())) return;
    }
    throw new Error('the disk was to be full, and took another byte');
  }

  async #refuses(): Promise<boolean> {
    const file = `${this.#path}/one-more`;
    const refused = await writeFile(file, 'x').then(
      () => false,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOSPC',
    );
    await rm(file, { force: true });
    return refused;
  }

  async free(): Promise<void> {
    await must('mount', ['-o', `remount,size=${SIZE}`, this.#path]);
  }

  async unmount(): Promise<void> {
    await must('umount', ['--lazy', this.#path]);
  }
}
