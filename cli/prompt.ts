import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { failed, type Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks on stderr, so that stdout stays the result's.
 * @returns the answer without blanks around it
 * @throws Failure when Ctrl-C, Ctrl-D or the end of the input came first
 */
export async function ask(terminal: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const closed = Promise.withResolvers<never>();
  lines.once('close', () => closed.reject(notAnswered()));
  try {
    closed.promise.catch(() => undefined);
    return (await Promise.race([lines.question(question), closed.promise])).trim();
  } finally {
    lines.close();
  }
}

/**
 * Asks for lines that nobody reads over a shoulder: they are not echoed, and kept as they are typed, but for their ends.
 * @throws Failure when Ctrl-C, Ctrl-D or the end of the input came first
 */
export async function askHidden(terminal: Terminal, questions: readonly string[]): Promise<string[]> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, it takes the echo from the real one and does its own, which goes nowhere.
  const lines = createInterface({ input: terminal.stdin, output: nowhere, terminal: true, historySize: 0 });
  const answers: string[] = [];
  try {
    const typed = lines[Symbol.asyncIterator]();
    for (const question of questions) {
      terminal.stderr.write(question);
      const { value, done } = await typed.next();
      terminal.stderr.write('\n');
      if (done === true) throw notAnswered();
      answers.push(value);
    }
    return answers;
  } finally {
    lines.close();
  }
}

function notAnswered(): Failure {
  return failed('not_answered', 'no answer was given: nothing was changed');
}
