/** Commands of other platforms, and the word that people try first, by what does the same here. */
const SYNONYMS: Readonly<Record<string, string>> = {
  deploy: 'builds:create',
  destroy: 'apps:destroy',
  env: 'config',
  'config:delete': 'config:unset',
  'config:rm': 'config:unset',
  exec: 'run',
  log: 'logs',
  restart: 'ps:restart',
  rebuild: 'builds:create',
  scale: 'ps:scale',
  tail: 'logs',
  'ps:rebuild': 'builds:create',
  'releases:rollback': 'rollback',
  'rollouts:cancel': 'rollouts:abort',
  'rollouts:info': 'rollouts:show',
  'rollouts:status': 'rollouts:show',
  remote: 'git:remote',
  logout: 'keys',
  login: 'setup',
};

/** The command that was probably meant: a known synonym, else the nearest name, else none. */
export function suggest(word: string, names: readonly string[]): string | undefined {
  const synonym = SYNONYMS[word];
  if (synonym !== undefined && names.includes(synonym)) return synonym;
  // One slip for every three letters; more is another word.
  const limit = Math.floor(word.length / 3);
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(word, name);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, cell(i - 2, j - 2) + 1);
      }
      row.push(distance);
    }
  }
  return cell(a.length, b.length);
}
