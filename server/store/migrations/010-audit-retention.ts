/** Rows of the audit log may go up to where its anchor stands; and what nobody has ever read goes. */
export const auditRetention = `
DROP TRIGGER events_remain;
CREATE TRIGGER events_remain BEFORE DELETE ON events
WHEN OLD.id > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit_anchor'), 0)
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;

ALTER TABLE attempts DROP COLUMN log_start;
`;
