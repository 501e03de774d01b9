import { z } from 'zod';

/** `host[:port][/path]` of a registry, without a scheme. */
const place = z
  .string()
  .regex(/^(?!.*:\/\/)[a-zA-Z0-9]([\w.:/-]*\w)?$/, 'must be as registry.example.com:5000/path');
/** `a, b`; nothing is an empty list. */
export const List = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .transform((all) => all.filter((one) => one !== ''));

/** What server and builders read alike about the cluster that they work in. */
export const ClusterEnvironment = z.object({
  /** Absent: the account of the pod that this is. */
  SLUICE_KUBECONFIG: z.string().min(1).optional(),
  SLUICE_REGISTRY: place.optional(),
  /** Where the platform and its builds reach it, where that is another than its name: nodes have a way of their own to it. */
  SLUICE_REGISTRY_ENDPOINT: place.optional(),
  SLUICE_REGISTRY_INSECURE: z.stringbool().default(false),
  /** `docker.io=mirror:5000,…`; `docker.io=http://mirror:5000` is spoken to without TLS. */
  SLUICE_REGISTRY_MIRRORS: List.prefault('').pipe(
    z.array(z.string().regex(/^[^=\s]+=[^=\s]+$/, 'must be as docker.io=mirror.example.com:5000')),
  ),
  /** Files as `docker login` writes them. */
  SLUICE_REGISTRY_LOGIN: List.prefault(''),
  SLUICE_BUILD_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
    .default('sluice-builds'),
});

export interface ClusterSettings {
  readonly kubeconfig: string | undefined;
  /** Where images of apps go: `host[:port][/path]`. */
  readonly registry: string;
  readonly registries: {
    readonly mirrors: Readonly<Record<string, readonly string[]>>;
    readonly plainHttp: readonly string[];
    readonly endpoints: Readonly<Record<string, string>>;
  };
  readonly loginFiles: readonly string[];
  readonly buildNamespace: string;
}

/** @throws Error when there is no registry */
export function clusterSettings(env: z.infer<typeof ClusterEnvironment>): ClusterSettings {
  const registry = env.SLUICE_REGISTRY;
  if (registry === undefined) {
    throw new Error(
      'SLUICE_REGISTRY must say where images of apps go, such as registry.example.com:5000: the nodes pull them from there',
    );
  }
  const mirrors: Record<string, string[]> = {};
  const plainHttp = new Set<string>();
  const hostOf = (where: string): string => where.replace(/\/.*$/, '');
  if (env.SLUICE_REGISTRY_INSECURE) plainHttp.add(hostOf(registry));
  for (const [host = '', mirror = ''] of env.SLUICE_REGISTRY_MIRRORS.map((one) => one.split('='))) {
    const name = mirror.replace(/^https?:\/\//, '');
    (mirrors[host] ??= []).push(name);
    if (mirror.startsWith('http://')) plainHttp.add(hostOf(name));
  }
  const endpoint = env.SLUICE_REGISTRY_ENDPOINT;
  return {
    kubeconfig: env.SLUICE_KUBECONFIG,
    registry,
    registries: {
      mirrors,
      plainHttp: [...plainHttp],
      endpoints: endpoint === undefined ? {} : { [hostOf(registry)]: endpoint },
    },
    loginFiles: env.SLUICE_REGISTRY_LOGIN,
    buildNamespace: env.SLUICE_BUILD_NAMESPACE,
  };
}
