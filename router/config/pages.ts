/** Pages that the router answers itself: HTML that reads well in a terminal too. HAProxy fills in `%[…]`. */
export const PAGE_TYPE = 'text/html; charset=utf-8';

const APP = '%[var(txn.route),field(2,|)]';
/** A host is what a stranger sent: all but the letters of a host name is replaced before it is shown. */
const HOST = '%[var(txn.shown_host)]';

/** file name → content. */
export const PAGES = {
  'unknown-host.html': page(`No app answers at ${HOST}`, [
    'If one should, its owner types:',
    '',
    `  sluice domains:add ${HOST} -a APP`,
  ]),
  'no-release.html': page(`${APP} has no release yet`, [
    'To make its first one, push a commit:',
    '',
    '  git push platform main',
  ]),
  'maintenance.html': page(`${APP} is down for maintenance`, [
    'It will be back soon. Please try again later.',
  ]),
  'no-replica.html': page(`No replica of ${APP} answers`, [
    'What runs, and what it said last:',
    '',
    `  sluice ps -a ${APP}`,
    `  sluice logs -a ${APP}`,
  ]),
  'broken-answer.html': page(`${APP} gave no proper answer`, [
    'Its replica closed the connection or sent no HTTP. What it said last:',
    '',
    `  sluice logs -a ${APP}`,
  ]),
  'too-slow.html': page(`${APP} took too long to answer`, [
    'What runs, and what it said last:',
    '',
    `  sluice ps -a ${APP}`,
    `  sluice logs -a ${APP}`,
  ]),
} as const;

function page(title: string, lines: readonly string[]): string {
  return `<!doctype html><title>${title}</title><pre>\n${[`${title}.`, '', ...lines].join('\n')}\n</pre>\n`;
}
