type Values = Readonly<Record<string, string>>;

/** Which keys differ between two versions of a config, each list sorted. Values stay here. */
export function configChanges(
  before: Values,
  after: Values,
): { added: string[]; changed: string[]; removed: string[] } {
  const has = (values: Values, key: string): boolean => Object.hasOwn(values, key);
  const keys = Object.keys(after).sort();
  return {
    added: keys.filter((key) => !has(before, key)),
    changed: keys.filter((key) => has(before, key) && before[key] !== after[key]),
    removed: Object.keys(before)
      .filter((key) => !has(after, key))
      .sort(),
  };
}
