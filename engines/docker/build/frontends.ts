import { familiarName } from '../../build/dockerfile/reference.ts';
import type { Frontends } from '../../build/syntax-check.ts';
import type { Engine } from './engine.ts';
import { pullImage } from './pull.ts';

/** Milliseconds that a registry has to begin answering. */
const ANSWER_MS = 3_000;
/** Milliseconds for the whole pull (about 10 MB) once it has begun. */
const PULL_MS = 60_000;
/** Milliseconds before an unavailable frontend is asked for again. */
const REMEMBER_MS = 5 * 60_000;

/** Which frontends of `# syntax=` lines the engine has or can get. The built-in one does where they are missing. */
export class EngineFrontends implements Frontends {
  private readonly engine: Engine;
  private readonly missing = new Map<string, number>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async available(image: string, signal: AbortSignal): Promise<boolean> {
    const name = familiarName(image);
    if ((this.missing.get(name) ?? 0) > performance.now()) return false;
    if ((await this.engine.inspectImage(name)) !== undefined) return true;
    const got = await this.pull(name, signal);
    signal.throwIfAborted();
    if (!got) this.missing.set(name, performance.now() + REMEMBER_MS);
    return got;
  }

  private async pull(name: string, signal: AbortSignal): Promise<boolean> {
    const limit = new AbortController();
    let timer = setTimeout(() => limit.abort(), ANSWER_MS);
    let begun = false;
    try {
      await pullImage(this.engine, name, undefined, AbortSignal.any([signal, limit.signal]), () => {
        if (begun) return;
        begun = true;
        clearTimeout(timer);
        timer = setTimeout(() => limit.abort(), PULL_MS);
      });
      return true;
    } catch {
      // Every cause comes to the same: the build goes on with the frontend that the engine brings.
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
