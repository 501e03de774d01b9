import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, messageOf, misuse } from '../../failure.ts';
import { programOf } from '../../program-setting.ts';
import { valueOfFile } from './given-values.ts';

const SIGNALS = ['SIGTERM', 'SIGHUP'] as const;

/** A file for a person's editor, in a folder of its own that nobody else can enter; it goes when this process does. */
export class EditedFile {
  readonly #folder: string;
  readonly #path: string;
  readonly #onExit = (): void => this.remove();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.remove();
    process.exit(128 + constants.signals[signal]);
  };

  private constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'config.env');
    process.once('exit', this.#onExit);
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  static async create(text: string): Promise<EditedFile> {
    // 0700, by the system's own word.
    const file = new EditedFile(await mkdtemp(join(tmpdir(), 'sluice-edit-')));
    try {
      await writeFile(file.#path, text, { mode: 0o600, flag: 'wx' });
      return file;
    } catch (error) {
      file.remove();
      throw error;
    }
  }

  /** Settles when the editor has ended. @throws Failure when it cannot be started or did not end well */
  async open(editor: string | undefined): Promise<void> {
    const [program, ...args] =
      editor === undefined
        ? [process.platform === 'win32' ? 'notepad' : 'vi']
        : programOf(editor, 'VISUAL or EDITOR');
    // Ctrl-C is the editor's own key while it has the terminal.
    const ignore = (): void => undefined;
    process.on('SIGINT', ignore);
    try {
      const child = spawn(program, [...args, this.#path], { stdio: 'inherit' });
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      if (code === 0) return;
      throw failed('editor_failed', `${program} ended with ${signal ?? `exit ${code}`}: nothing was changed`);
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw misuse(
        `${program} cannot be started: ${messageOf(error)}`,
        'Name your editor: EDITOR=nano sluice config:edit',
      );
    } finally {
      process.off('SIGINT', ignore);
    }
  }

  /** @throws Failure (misuse) when what was saved is no text */
  read(): Promise<string> {
    return valueOfFile(this.#path);
  }

  remove(): void {
    process.off('exit', this.#onExit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
