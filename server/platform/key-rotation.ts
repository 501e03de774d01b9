import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Refusal } from '../../core/reason.ts';
import type { Store } from '../store/store.ts';
import { masterKeyId, Vault } from '../store/vault.ts';
import { beginReplacing, endReplacing, type MasterKeyRing } from './master-key.ts';

/** Keys that one transaction wraps anew: few, so that requests are not kept waiting. */
const BATCH = 100;

export interface MasterKeyState {
  readonly id: string;
  readonly source: 'environment' | 'file';
  /** Keys of the journal that it wraps. */
  readonly keys: number;
  /** Keys that still need another one. */
  readonly waiting: number;
}

/** A step that is done: after each of them a crash loses nothing, and the next start goes on. */
export type RotationStep = 'made' | 'wrapped' | 'proven' | 'replaced';

export interface KeyRotationDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly ring: MasterKeyRing;
  readonly file: string;
  readonly log: Logger;
}

/** Replaces the master key while the platform works. Only the journal's keys are wrapped anew, not what they seal. */
export class KeyRotation {
  readonly #deps: KeyRotationDeps;
  #current: Buffer;
  #isBeingReplaced: boolean;
  #underWay: Promise<MasterKeyState> | undefined;

  constructor(deps: KeyRotationDeps) {
    this.#deps = deps;
    this.#current = deps.ring.current;
    this.#isBeingReplaced = deps.ring.isBeingReplaced;
  }

  state(): MasterKeyState {
    const id = masterKeyId(this.#current);
    const { store, ring } = this.#deps;
    return { id, source: ring.source, ...store.keys.count(id) };
  }

  /** Something began that has not ended, and nothing works on it: a fault stopped it. */
  get isStuck(): boolean {
    return this.#underWay === undefined && this.#isUnfinished;
  }

  get #isUnfinished(): boolean {
    return this.#isBeingReplaced || this.state().waiting > 0;
  }

  /** Goes on with a rotation that a crash or a change of the settings began. */
  async resume(): Promise<void> {
    const { log } = this.#deps;
    if (!this.#isUnfinished) return;
    const { id, keys, source } = await this.#run(() => this.#finish());
    log.info({ masterKey: id, keys }, 'every key of the journal needs this master key alone');
    if (source === 'environment') log.info('SLUICE_MASTER_KEY_OLD and master.key can be taken away');
  }

  /**
   * Settles when no key needs the old one and that is gone. What was begun and stopped goes on.
   * @throws Refusal 409 when the key is not ours to replace
   */
  async rotate(): Promise<MasterKeyState> {
    if (this.#deps.ring.source === 'environment') {
      if (this.#isUnfinished) return this.#run(() => this.#finish());
      throw new Refusal(
        409,
        'master_key_from_environment',
        'the master key is given by SLUICE_MASTER_KEY, which the platform cannot change',
        'make one (openssl rand -hex 32), set SLUICE_MASTER_KEY to it and SLUICE_MASTER_KEY_OLD to the one that is used now, restart the server; `sluice master-key` says when the old one can go',
      );
    }
    return this.#run(() => this.steps());
  }

  /** One rotation, step by step: whoever stops in the middle has crashed. */
  async *steps(): AsyncGenerator<RotationStep> {
    const { store, vault, file } = this.#deps;
    // Before there is anything that it could leave behind; who asked for it is known here alone.
    store.events.record('master-key.rotate', null, null, { from: this.state().id });
    const next = await beginReplacing(file);
    this.#isBeingReplaced = true;
    yield 'made';
    vault.use(next);
    this.#current = next;
    yield* this.#finish();
  }

  async *#finish(): AsyncGenerator<RotationStep> {
    const { store, vault, file } = this.#deps;
    const id = masterKeyId(this.#current);
    while (store.keys.rewrap(id, BATCH) > 0) {
      yield 'wrapped';
      await setImmediate();
    }
    store.keys.prove(new Vault(this.#current));
    // Before the old one goes, as a start that finds nothing to do would not write it.
    store.events.record('master-key.rotated', null, null, { to: id, keys: store.keys.count(id).keys });
    yield 'proven';
    if (this.#isBeingReplaced) await endReplacing(file);
    this.#isBeingReplaced = false;
    vault.forgetOthers();
    yield 'replaced';
  }

  #run(steps: () => AsyncGenerator<RotationStep>): Promise<MasterKeyState> {
    this.#underWay ??= drain(steps())
      .then(() => this.state())
      .finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }
}

async function drain(steps: AsyncGenerator<RotationStep>): Promise<void> {
  while ((await steps.next()).done !== true);
}
