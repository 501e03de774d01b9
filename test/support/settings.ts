/** What the environment may say to the tests. */
export const testSettings = {
  /** Seed of the kills; another one each day a person looks for more. */
  crashSeed: Number(process.env['SLUICE_CRASH_SEED'] ?? 1),
  crashRuns: Number(process.env['SLUICE_CRASH_RUNS'] ?? 8),
};
