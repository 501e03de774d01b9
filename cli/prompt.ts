import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.ts';

/** Asks on stderr, so that stdout stays the result's. @returns the answer without blanks around it */
export async function ask(terminal: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
