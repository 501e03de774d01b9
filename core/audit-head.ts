/** The end of an audit log as people note it: the number of its last row, and that row's hash. */
export const AUDIT_HEAD = /^[1-9][0-9]{0,15}:[0-9a-f]{64}$/;
export const AUDIT_HEAD_RULE = 'a head is NUMBER:HASH, as `sluice audit:verify` prints it';
