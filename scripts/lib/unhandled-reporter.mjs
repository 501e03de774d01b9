import { writeFileSync } from 'node:fs';

/** Of a stack, so that it is known where an error came from without the output above. */
const FRAMES = 4;

/**
 * A reporter of vitest's that writes errors which no test caught, as JSON, to the file `SLUICE_UNHANDLED_FILE`: vitest's
 * own JSON report does not hold them, though they end the run with status 1.
 */
export default class UnhandledReporter {
  onTestRunEnd(_modules, errors) {
    const unhandled = errors.map(({ VITEST_TEST_PATH: file, name = 'Error', message = '', stack = '' }) => {
      const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
      const from = frames.slice(0, FRAMES).map((line) => line.trim());
      return { file, message: [`${name}: ${message}`, ...from].join('\n') };
    });
    writeFileSync(process.env.SLUICE_UNHANDLED_FILE, JSON.stringify(unhandled));
  }
}
