import { z } from 'zod';
import { ConfigKey, HostName, PersonName } from '../names.ts';

/** What stands for each `:name` in the paths of routes.ts. */
export const pathParameters = {
  /** An app's name or id. */
  app: z.string().min(1).max(64),
  /** Number of a build, of a release, or of a rollout's release. */
  number: z.coerce.number().int().min(1).max(1_000_000_000),
  /** Number of the release that another is compared with. */
  other: z.coerce.number().int().min(1).max(1_000_000_000),
  host: HostName,
  person: PersonName,
  /** Name of a secret. */
  secret: ConfigKey,
  /** Id or fingerprint of an SSH key. */
  key: z.string().min(1).max(100),
  /** Id of a token, or the name of one's own. */
  token: z.string().min(1).max(64),
  /** Id of where events are sent. */
  notification: z.string().min(1).max(64),
  /** Id of one sending. */
  /** Id or name of a web hook. */
  hook: z.string().min(1).max(64),
  /** Id of what came by a web hook. */
  delivery: z.string().min(1).max(64),
} as const satisfies Record<string, z.ZodType>;
export type PathParameter = keyof typeof pathParameters;

type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** The parameters of a path, by name and parsed. */
export type PathParameters<Path extends string> = {
  readonly [Name in NamesIn<Path> & PathParameter]: z.output<(typeof pathParameters)[Name]>;
};

/** Names of the parameters of a path, in order. */
export function parameterNames(path: string): PathParameter[] {
  return [...path.matchAll(/:([a-z]+)/g)].map((match) => match[1] as PathParameter);
}
