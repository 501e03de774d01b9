/** All that the master key wraps is in one table, and says which master key that was, so that it can be replaced. */
export const secrets = `
CREATE TABLE wrapped_keys (
  name TEXT PRIMARY KEY,
  app_id TEXT REFERENCES apps(id) ON DELETE CASCADE,
  -- Null: wrapped before master keys had ids.
  master_id TEXT,
  box BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wrapped_keys_by_app ON wrapped_keys(app_id);
CREATE INDEX wrapped_keys_by_master ON wrapped_keys(master_id);
INSERT INTO wrapped_keys (name, app_id, box) SELECT 'data-key:' || id, id, data_key FROM apps;
ALTER TABLE apps DROP COLUMN data_key;
`;
