import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export interface ReleaseRow {
  id: string;
  app_id: string;
  number: number;
  build_id: string | null;
  commit_id: string | null;
  image: string;
  /** USER of an image that no build of ours has made; null: that of its build. */
  image_user: string | null;
  port: number;
  manifest: Manifest;
  config_version: number;
  source: 'build' | 'config' | 'rollback' | 'image';
  description: string;
  rollback_of: number | null;
  person_id: string;
  created_at: number;
}

export type NewRelease = Omit<ReleaseRow, 'id' | 'created_at' | 'image_user'> & {
  image_user?: string | null;
};

export class Releases {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(release: NewRelease): ReleaseRow {
    const id = newId();
    this.#db.run(
      `INSERT INTO releases (id, app_id, number, build_id, commit_id, image, image_user, port, manifest, config_version,
       source, description, rollback_of, person_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      release.app_id,
      release.number,
      release.build_id,
      release.commit_id,
      release.image,
      release.image_user ?? null,
      release.port,
      JSON.stringify(release.manifest),
      release.config_version,
      release.source,
      release.description,
      release.rollback_of,
      release.person_id,
      Date.now(),
    );
    return this.require(id);
  }

  byId(id: string): ReleaseRow | undefined {
    return parsed(this.#db.get('SELECT * FROM releases WHERE id = ?', id));
  }

  require(id: string): ReleaseRow {
    const release = this.byId(id);
    if (!release) throw new Error(`no release ${id}`);
    return release;
  }

  byNumber(appId: string, number: number): ReleaseRow | undefined {
    return parsed(this.#db.get('SELECT * FROM releases WHERE app_id = ? AND number = ?', appId, number));
  }

  byBuild(buildId: string): ReleaseRow | undefined {
    return parsed(this.#db.get("SELECT * FROM releases WHERE build_id = ? AND source = 'build'", buildId));
  }

  /** What takes a build to users: its own release, or a change of config that took over with its image. */
  carrying(buildId: string): ReleaseRow | undefined {
    return parsed(
      this.#db.get(
        `SELECT releases.* FROM rollouts JOIN releases ON releases.id = rollouts.release_id
         WHERE rollouts.build_id = ? ORDER BY number DESC LIMIT 1`,
        buildId,
      ),
    );
  }

  /** The newest release that a change of config made, with the version that it made. */
  ofConfig(appId: string, version: number): ReleaseRow | undefined {
    return parsed(
      this.#db.get(
        `SELECT * FROM releases WHERE app_id = ? AND config_version = ? AND source = 'config' ORDER BY number DESC LIMIT 1`,
        appId,
        version,
      ),
    );
  }

  /** Newest first. */
  page(appId: string, below: number, limit: number): ReleaseRow[] {
    return this.#db
      .all(
        'SELECT * FROM releases WHERE app_id = ? AND number < ? ORDER BY number DESC LIMIT ?',
        appId,
        below,
        limit,
      )
      .map(parsedRow);
  }

  /** Releases that were live once, newest first: what a rollback can go to. By number, as clocks can jump. */
  thatWereLive(appId: string, limit: number): ReleaseRow[] {
    return this.#db
      .all(
        `SELECT releases.* FROM releases JOIN rollouts ON rollouts.release_id = releases.id
         WHERE releases.app_id = ? AND rollouts.state = 'live' ORDER BY number DESC LIMIT ?`,
        appId,
        limit,
      )
      .map(parsedRow);
  }

  /** The newest of those below a number that were live. */
  liveBefore(appId: string, number: number): ReleaseRow | undefined {
    return parsed(
      this.#db.get(
        `SELECT releases.* FROM releases JOIN rollouts ON rollouts.release_id = releases.id
         WHERE releases.app_id = ? AND number < ? AND rollouts.state = 'live' ORDER BY number DESC LIMIT 1`,
        appId,
        number,
      ),
    );
  }

  /** Numbers of the releases between two others whose release command ran to its good end, ascending. */
  thatRanTheirPhase(appId: string, after: number, before: number): number[] {
    return this.#db
      .all<{ number: number }>(
        `SELECT number FROM releases JOIN rollouts ON rollouts.release_id = releases.id
         WHERE releases.app_id = ? AND number > ? AND number < ? AND phase_ended = 1 ORDER BY number`,
        appId,
        after,
        before,
      )
      .map(({ number }) => number);
  }
}

function parsed(row: Record<string, unknown> | undefined): ReleaseRow | undefined {
  return row && parsedRow(row);
}

function parsedRow(row: Record<string, unknown>): ReleaseRow {
  return { ...row, manifest: JSON.parse(row['manifest'] as string) } as ReleaseRow;
}
