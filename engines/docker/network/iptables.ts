import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Seconds to wait for the lock that all users of iptables share. */
const LOCK_WAIT = '20';

class IptablesError extends Error {
  readonly exitCode: number | undefined;

  constructor(message: string, exitCode: number | undefined) {
    super(message);
    this.name = 'IptablesError';
    this.exitCode = exitCode;
  }
}

/** Runs `iptables -w …`. @throws IptablesError with what it wrote to stderr */
export function iptables(...args: string[]): Promise<string> {
  return run('iptables', ['-w', LOCK_WAIT, ...args], '');
}

/** Loads chains in one step, leaving all others. @throws IptablesError */
export async function restoreChains(rules: string): Promise<void> {
  await run('iptables-restore', ['-w', LOCK_WAIT, '--noflush'], rules);
}

/** Whether a rule or chain is there. @throws IptablesError when that cannot be told (no right, no iptables) */
export async function has(...args: string[]): Promise<boolean> {
  try {
    await iptables(...args);
    return true;
  } catch (error) {
    if (error instanceof IptablesError && (error.exitCode === 1 || error.exitCode === 2)) return false;
    throw error;
  }
}

async function run(program: string, args: readonly string[], input: string): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.on('error', (error) => reject(new IptablesError(`${program}: ${error.message}`, undefined)));
    child.on('close', (code) => resolve(code ?? undefined));
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) {
    throw new IptablesError(`${program} ${args.join(' ')}: ${errors.trim() || `exit code ${code}`}`, code);
  }
  return output;
}
