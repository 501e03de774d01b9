/**
 * Why a plain value should rather be a secret; undefined when nothing speaks for it. It only warns, so it is better to
 * miss one than to be ignored: names that often hold something harmless do not count.
 */
export function looksSecret(key: string, value: string): string | undefined {
  if (value === '') return undefined;
  if (URL_WITH_PASSWORD.test(value)) return `${key} is a URL with a password`;
  if (/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/.test(value)) return `${key} holds a private key`;
  if (ISSUED.test(value)) return `${key} holds an access token`;
  if (NAMED_SECRET.test(key) && !NAMED_PUBLIC.test(key) && !isHarmless(value))
    return `${key} is named like a secret`;
  return undefined;
}

/** RFC 3986: a password in the authority. An `@` that is not encoded is common, and browsers take it, too. */
const URL_WITH_PASSWORD = /(?:^|[\s'"=,])[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s/?#]+@[^\s/?#]/i;

/** Tokens that their issuers gave a shape, so that they are found: GitHub, GitLab, Slack, Stripe, npm, SendGrid. */
const ISSUED =
  /^(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|[sr]k_live_\w{10,}|npm_\w{20,}|SG\.[\w-]{10,}\.[\w-]{10,})$/;

const NAMED_SECRET =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_KEY|SECRET_KEY(?:_BASE)?|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|MASTER_KEY)$/i;

/** What bundlers put into pages that everybody can read. */
const NAMED_PUBLIC = /^(?:NEXT_PUBLIC|REACT_APP|VITE|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY|PUBLIC)_|PUBLISHABLE/i;

/** A switch, a number, or the place of a secret instead of the secret. */
function isHarmless(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|none|null|\d{1,5}|\.{0,2}\/[^\s]*)$/i.test(value);
}
