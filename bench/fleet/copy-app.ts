import type { DataPaths } from '../../core/paths.ts';
import { masterKey } from '../../server/platform/master-key.ts';
import { newId } from '../../server/store/ids.ts';
import { Store } from '../../server/store/store.ts';
import { Vault } from '../../server/store/vault.ts';

type Row = Record<string, string | number | null>;

/**
 * Makes more apps like one that is live, in the journal of a server that does not run: each with its build, its release
 * and that release's rollout.
 * @param count of them; they are called `<name>-copy-1` and so on
 */
export async function copyApp(
  paths: DataPaths,
  name: string,
  count: number,
  engine = 'docker',
): Promise<void> {
  const vault = new Vault(await masterKey(undefined, paths.masterKey));
  const store = new Store(paths.journal, vault, { engine });
  const { apps, db } = store;
  const insert = (table: string, row: Row): void => {
    const places = Object.keys(row).map(() => '?');
    const into = `${table} (${Object.keys(row).join(', ')})`;
    db.run(`INSERT INTO ${into} VALUES (${places.join(', ')})`, ...Object.values(row));
  };
  try {
    const source = apps.byName(name);
    const release = db.get<Row>('SELECT * FROM releases WHERE id = ?', source?.live_release_id ?? '');
    if (!source || !release) throw new Error(`${name} is not live`);
    const build = db.get<Row>('SELECT * FROM builds WHERE id = ?', release['build_id'] ?? '');
    const rollout = db.get<Row>('SELECT * FROM rollouts WHERE release_id = ?', release['id'] ?? '');
    store.transaction(() => {
      for (let index = 1; index <= count; index++) {
        const app = apps.create(`${name}-copy-${index}`, source.created_by, source.target_id);
        const own = { app_id: app.id, build_id: newId(), release_id: newId() };
        insert('builds', { ...build, id: own.build_id, app_id: app.id });
        insert('releases', { ...release, id: own.release_id, app_id: app.id, build_id: own.build_id });
        insert('rollouts', { ...rollout, ...own, id: newId() });
        apps.setLive(app.id, own.release_id);
        db.run('UPDATE apps SET next_build = 2, next_release = 2 WHERE id = ?', app.id);
      }
    });
  } finally {
    store.close();
  }
}
