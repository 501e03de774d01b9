/** Apps can be renamed, and be down for maintenance. */
export const names = `
-- The router answers for it, with a page.
ALTER TABLE apps ADD COLUMN maintenance INTEGER NOT NULL DEFAULT 0;
-- What an app was called: found and reached by it until another app takes the name.
CREATE TABLE former_names (
  name TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX former_names_by_app ON former_names(app_id);

CREATE TRIGGER feed_app_changed AFTER UPDATE OF name, maintenance ON apps
WHEN NEW.name IS NOT OLD.name OR NEW.maintenance IS NOT OLD.maintenance BEGIN
  INSERT INTO feed (at, app_id, kind, data) VALUES (
    CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.id, 'app',
    json_object('name', NEW.name, 'maintenance', NEW.maintenance));
END;
`;
