import { defineConfig } from 'vitest/config';

/** How long `expect.poll` asks: as long as `eventually`, for one second is nothing to a busy machine. */
const asked = { expect: { poll: { timeout: 60_000 } } };

/** Real parts start, push, build and die in e2e: minutes, not seconds, and no more than two side by side. */
const realParts = { ...asked, testTimeout: 120_000, hookTimeout: 180_000, teardownTimeout: 60_000 };

/** Several pods one after the other in a test, each of which may wait a minute for its node. */
const pods = { testTimeout: 360_000 };

/** Looks at each answer of the API in whatever runs it. */
const setupFiles = ['test/support/answers/setup.ts'];

const ALONE = ['test/cluster/own/**/*.test.ts', 'test/cluster/chart/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles,
          globalSetup: ['test/support/answers/every-route.ts'],
          expect: { poll: { timeout: 15_000 } },
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          setupFiles,
          ...realParts,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles,
          ...realParts,
          testTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'crash',
          include: ['test/crash/**/*.test.ts'],
          setupFiles,
          disableConsoleIntercept: true,
          ...realParts,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: ALONE,
          setupFiles,
          ...realParts,
          ...pods,
        },
      },
      {
        test: {
          // After the others, one file after the other: they take nodes away, or put the platform where it has one place.
          name: 'cluster-alone',
          include: ALONE,
          setupFiles,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...realParts,
          ...pods,
        },
      },
      {
        test: {
          name: 'load',
          include: ['test/load/**/*.test.ts'],
          // Each loads the whole machine: one file after the other, with all the time that a busy one takes.
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 900_000,
          teardownTimeout: 60_000,
        },
      },
    ],
  },
});
