import type { Api } from './api/client.ts';
import type { Globals } from './globals.ts';
import type { Platform } from './platform/locate.ts';
import { Output } from './render/output.ts';
import type { Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** What the outside gives one run of the command. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly settings: Settings;
  readonly folder: string;
  readonly now: () => Date;
}

/** What a command works with. Platform and app are looked for when first asked, and then remembered. */
export interface Context extends Surroundings {
  readonly out: Output;
  readonly json: boolean;
  /** What `-a` said. */
  readonly namedApp: string | undefined;
  /** What each `-a` said. */
  readonly namedApps: readonly string[];
  readonly platform: () => Promise<Platform>;
  readonly api: () => Promise<Api>;
  readonly app: () => Promise<string>;
  /** Does the work, and says to a person who sees it what is waited for. */
  readonly waiting: <T>(text: string | (() => string), work: () => Promise<T>) => Promise<T>;
}

export interface OpenContext extends Context {
  close(): void;
}

/** The composition root. Modules that only some commands need are loaded when they are. */
export function makeContext(surroundings: Surroundings, globals: Globals): OpenContext {
  const { settings, folder, terminal } = surroundings;
  const out = new Output(terminal, globals.json, surroundings.now);
  let platform: Promise<Platform> | undefined;
  let app: Promise<string> | undefined;
  let api: Promise<Api> | undefined;
  let opened: Api | undefined;
  const context: OpenContext = {
    ...surroundings,
    out,
    json: globals.json,
    namedApp: globals.app,
    namedApps: globals.apps,
    platform: () =>
      (platform ??= import('./platform/locate.ts').then(({ locate }) => locate(globals, settings, folder))),
    app: () =>
      (app ??= import('./platform/locate.ts').then(({ locateApp }) => locateApp(globals.app, folder))),
    api: () => (api ??= open()),
    waiting: async (text, work) => {
      if (out.tellsWaiting) await (await context.api()).reach();
      return out.waiting(text, work);
    },
    close: () => opened?.close(),
  };
  async function open(): Promise<Api> {
    const [{ Api: Client }, { connect }, found] = await Promise.all([
      import('./api/client.ts'),
      import('./api/connect.ts'),
      context.platform(),
    ]);
    opened = new Client(
      connect(found, settings, (line) => out.warn(line)),
      {
        reached: found.kind !== 'ssh',
        waiting: (work) => out.waiting('Waiting for the platform', work),
      },
    );
    return opened;
  }
  return context;
}
