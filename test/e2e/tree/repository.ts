import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files by path; a submodule has the id of its commit. */
export interface FileSpec {
  readonly mode: '100644' | '100755' | '120000' | '160000';
  readonly content: string | Buffer;
}

const PERSON = 'A <a@example.com> 1700000000 +0000';

/** A bare repository in a folder of its own, removed by `using`. */
export class TestRepository implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'sluice-tree-'));

  constructor() {
    this.git(['init', '--bare', '--quiet', '--initial-branch=main', this.path]);
  }

  git(args: readonly string[], input?: Buffer | string): string {
    return execFileSync('git', ['--git-dir', this.path, ...args], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 28,
      ...(input === undefined ? {} : { input }),
    }).trim();
  }

  /** Commits exactly these files on `main`; gives the commit. */
  commit(files: Readonly<Record<string, FileSpec | string>>): string {
    const parts: (string | Buffer)[] = [
      `commit refs/heads/main\ncommitter ${PERSON}\ndata 1\nx\ndeleteall\n`,
    ];
    for (const [path, file] of Object.entries(files)) {
      const { mode, content } =
        typeof file === 'string' ? ({ mode: '100644', content: file } as const) : file;
      if (mode === '160000') {
        parts.push(`M 160000 ${String(content)} ${quoted(path)}\n`);
        continue;
      }
      const bytes = Buffer.from(content);
      parts.push(`M ${mode} inline ${quoted(path)}\ndata ${bytes.length}\n`, bytes, '\n');
    }
    this.git(['fast-import', '--quiet', '--force'], Buffer.concat(parts.map((part) => Buffer.from(part))));
    return this.git(['rev-parse', 'refs/heads/main']);
  }

  /** Commits a tree of raw entries, which may be what no git would write. */
  commitRaw(entries: readonly { mode: string; name: string | Buffer; id: string }[]): string {
    const raw = entries.map(({ mode, name, id }) =>
      Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(id, 'hex')]),
    );
    const tree = this.git(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], Buffer.concat(raw));
    const text = `tree ${tree}\nauthor ${PERSON}\ncommitter ${PERSON}\n\nx\n`;
    return this.git(['hash-object', '-t', 'commit', '-w', '--stdin'], text);
  }

  blob(content: string): string {
    return this.git(['hash-object', '-w', '--stdin'], content);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** fast-import's C-style quoting. */
function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
