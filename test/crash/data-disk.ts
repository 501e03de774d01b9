import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { must } from '../support/command.ts';

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
   * Leaves not a byte free: the file system is made as small as what it holds.
   * @throws Error when a byte more could still be written
   */
  async fill(): Promise<void> {
    for (let again = 0; ; again++) {
      const { blocks, bfree, bsize } = await statfs(this.#path);
      try {
        await must('mount', ['-o', `remount,size=${(blocks - bfree) * bsize}`, this.#path]);
        break;
      } catch (error) {
        // Somebody has written meanwhile.
        if (again === 20) throw error;
      }
    }
    const refused = await writeFile(`${this.#path}/one-more`, 'x').then(
      () => false,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOSPC',
    );
    if (!refused) throw new Error('the disk was to be full, and took another byte');
  }

  async free(): Promise<void> {
    await must('mount', ['-o', `remount,size=${SIZE}`, this.#path]);
  }

  async unmount(): Promise<void> {
    await must('umount', ['--lazy', this.#path]);
  }
}
