import { z } from 'zod';
import { Id } from '../../names.ts';
import { requestBody } from '../request-body.ts';
import { Key } from './keys.ts';
import { CredentialName } from './tokens.ts';

/** An SSH key that is an app's and nobody's: it pushes to it, clones it and follows its builds. */
export const DeployKey = Key.omit({ person: true }).extend({ id: Id, name: z.string() });
export type DeployKey = z.infer<typeof DeployKey>;

export const AddDeployKey = requestBody({
  /** One line of an authorized_keys file. */
  publicKey: z.string().max(20_000),
  /** Unique among the app's; absent: the key's comment, or what is free. */
  name: CredentialName.optional(),
});
