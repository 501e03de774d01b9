import type { RunSession } from '../../api/run-session.ts';
import { Exit } from '../../failure.ts';
import type { Terminal } from '../../terminal.ts';

/** How long the last words may take to go out, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/**
 * Ties stdin, the window's size and signals to a session. With a tty every key goes to the command, Ctrl-C too;
 * without one Ctrl-C is a signal for it, and a second one leaves.
 * @returns what unties them and gives the terminal back as it was
 */
export function attach(session: RunSession, terminal: Terminal, tty: boolean): () => void {
  const { stdin } = terminal;
  let interrupts = 0;
  const resized = () => void session.resize(terminal.size());
  const interrupted = () => {
    interrupts += 1;
    if (interrupts > 1) process.exit(128 + 2);
    void session.signal('SIGINT');
  };
  const terminated = () => void session.signal('SIGTERM');
  const hungUp = () => {
    // A window that closes takes our ssh along, and then nobody hears this: the platform ends what has lost its line.
    setTimeout(() => process.exit(Exit.failed), LAST_WORDS_MS);
    void session.signal('SIGHUP').finally(() => process.exit(Exit.failed));
  };
  if (tty) {
    terminal.setRaw(true);
    terminal.stdout.on('resize', resized);
  } else {
    process.on('SIGINT', interrupted);
  }
  process.on('SIGTERM', terminated);
  process.on('SIGHUP', hungUp);
  // A stdin that breaks is one that ends; the command's own end decides.
  session.sendInput(stdin).catch(() => undefined);
  return () => {
    stdin.destroy();
    if (tty) terminal.setRaw(false);
    terminal.stdout.off('resize', resized);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', terminated);
    process.off('SIGHUP', hungUp);
  };
}
