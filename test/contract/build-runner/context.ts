import { describe, expect, it } from 'vitest';
import { imageOf, manifest } from '../../support/build-task.ts';
import type { TreeFiles } from '../../support/tree.ts';
import { BASE, type BuildRig } from './rig.ts';

export function context(rig: BuildRig): void {
  describe('the context', () => {
    it('brings names, modes and links intact, and nothing of ours', async () => {
      const long = `${'d'.repeat(120)}/${'e'.repeat(140)}`;
      const files: TreeFiles = {
        Dockerfile: `FROM ${BASE}\nCOPY . /app\n`,
        'with space': '1',
        'new\nline': '2',
        '-dash': '3',
        'ünïcode/日本': '4',
        [long]: '5',
        tool: { mode: 0o755, content: '#!/bin/sh\necho ran' },
        link: { type: 'symlink', linkname: 'with space' },
        empty: '',
        big: Buffer.alloc(300_000, 'x'),
      };
      const { outcome } = await rig.build(files);
      const image = imageOf(outcome);
      const cat = (path: string) => rig.fixture.runInImage(image, ['cat', `/app/${path}`]);
      expect(await cat('with space')).toBe('1');
      expect(await cat('new\nline')).toBe('2');
      expect(await cat('-dash')).toBe('3');
      expect(await cat('ünïcode/日本')).toBe('4');
      expect(await cat(long)).toBe('5');
      expect(await cat('link')).toBe('1');
      expect(await cat('Dockerfile')).toBe(files['Dockerfile']);
      expect(await rig.fixture.runInImage(image, ['/app/tool'])).toBe('ran\n');
      expect(await rig.fixture.runInImage(image, ['readlink', '/app/link'])).toBe('with space\n');
      expect(
        await rig.fixture.runInImage(image, ['stat', '-c', '%a %s', '/app/tool', '/app/-dash', '/app/big']),
      ).toBe('755 18\n644 1\n644 300000\n');
      const all = await rig.fixture.runInImage(image, [
        'find',
        '/app',
        '-mindepth',
        '1',
        '-maxdepth',
        '1',
        '-print0',
      ]);
      expect(all.split('\0').filter(Boolean)).toHaveLength(Object.keys(files).length);
    });

    it('leaves out what .dockerignore names', async () => {
      const { outcome } = await rig.build({
        Dockerfile: `FROM ${BASE}\nCOPY . /app\n`,
        '.dockerignore': '# comment\nnode_modules\n*.log\n**/secret\n!keep.log\nDockerfile\n',
        'node_modules/a/index.js': 'x',
        'a.log': 'x',
        'keep.log': 'x',
        'deep/er/secret': 'x',
        'deep/er/open': 'x',
      });
      const found = await rig.fixture.runInImage(imageOf(outcome), ['find', '/app', '-type', 'f']);
      expect(found.trim().split('\n').sort()).toEqual([
        '/app/.dockerignore',
        '/app/deep/er/open',
        '/app/keep.log',
      ]);
    });

    it("prefers a Dockerfile's own .dockerignore, and takes the folder of build.context", async () => {
      const { outcome } = await rig.build(
        {
          'docker/app.Dockerfile': `FROM ${BASE}\nCOPY . /app\n`,
          'docker/app.Dockerfile.dockerignore': 'b',
          'src/.dockerignore': 'a',
          'src/a': 'a',
          'src/b': 'b',
          outside: 'x',
        },
        {
          manifest: manifest({ build: { dockerfile: 'docker/app.Dockerfile', context: 'src', args: {} } }),
        },
      );
      const found = await rig.fixture.runInImage(imageOf(outcome), ['ls', '-A', '/app']);
      expect(found).toBe('.dockerignore\na\n');
    });
  });
}
