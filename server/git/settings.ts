import { z } from 'zod';

const Environment = z.object({
  SLUICE_DATA_DIR: z.string().min(1),
  SLUICE_SSH_PORT: z.coerce.number().int().min(0).max(65_535).default(2222),
  SLUICE_SSH_BIND: z.string().min(1).default('::'),
  SLUICE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
});

/** What the SSH front is told by its environment. */
export interface Settings {
  readonly dataDir: string;
  /** 0: the system picks one. */
  readonly port: number;
  /** `::` listens on IPv6 and IPv4. */
  readonly bind: string;
  readonly logLevel: z.infer<typeof Environment>['SLUICE_LOG_LEVEL'];
  /** Where `git` and `sh` are found. */
  readonly path: string;
}

/** @throws an Error that names each variable that is missing or wrong */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const read = Environment.safeParse(env);
  if (!read.success) throw new Error(`The SSH front's settings are wrong:\n${z.prettifyError(read.error)}`);
  return {
    dataDir: read.data.SLUICE_DATA_DIR,
    port: read.data.SLUICE_SSH_PORT,
    bind: read.data.SLUICE_SSH_BIND,
    logLevel: read.data.SLUICE_LOG_LEVEL,
    path: read.data.PATH,
  };
}
