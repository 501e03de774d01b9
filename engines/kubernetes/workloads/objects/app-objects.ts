import type {
  KubernetesObject,
  V1Namespace,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicySpec,
  V1ResourceQuota,
  V1RoleBinding,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type { AppRef } from '../../../port.ts';
import { ANNOTATION, appNamespace, installationLabels, LABEL } from '../../labels.ts';

/** Who may reach an app, and what an app may not reach. */
export interface NetworkRules {
  /** Namespace of routers and server, which send requests to `web`. */
  readonly platformNamespace?: string;
  /** The same where they run outside the cluster, as in tests. */
  readonly platformCidrs?: readonly string[];
  /** Addresses of the cluster itself (pods, Services, nodes), which apps do not reach. */
  readonly clusterCidrs: readonly string[];
}

/** Lets the server's account act in an app's namespace, and nowhere else. */
export interface NamespaceAccess {
  /** Bound in each namespace. */
  readonly clusterRole: string;
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
}

/** As it goes over the wire; the library calls `from` otherwise. */
interface WirePolicy extends Pick<V1NetworkPolicySpec, 'podSelector' | 'policyTypes' | 'egress'> {
  readonly ingress?: { readonly from: V1NetworkPolicyPeer[] }[];
}

/** Of every app's pods; it has no rights and gives no token. */
export const APP_ACCOUNT = 'app';
const QUOTA = 'app';

/** Machines tell their credentials to whoever asks at these addresses. */
const METADATA_CIDRS = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'];

export function appLabels(installationId: string, appId: string): Record<string, string> {
  return { ...installationLabels(installationId), [LABEL.app]: appId };
}

export function namespaceObject(installationId: string, app: AppRef): V1Namespace {
  const level = { enforce: 'restricted', 'enforce-version': 'latest' };
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: appNamespace(installationId, app.id),
      labels: {
        ...appLabels(installationId, app.id),
        ...Object.fromEntries(
          Object.entries(level).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]),
        ),
      },
      annotations: { [ANNOTATION.appName]: app.name },
    },
  };
}

export function accessObject(installationId: string, appId: string, access: NamespaceAccess): V1RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: metadata(installationId, appId, 'sluice'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: access.clusterRole },
    subjects: [{ kind: 'ServiceAccount', ...access.serviceAccount }],
  };
}

/**
 * What every app's namespace holds, whatever runs in it.
 * @param pullSecret name of the Secret with which nodes pull its images; undefined: none is needed
 */
export function appObjects(
  installationId: string,
  appId: string,
  rules: NetworkRules,
  pullSecret?: string,
): KubernetesObject[] {
  const account: V1ServiceAccount = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(installationId, appId, APP_ACCOUNT),
    automountServiceAccountToken: false,
    // Of the account and not of each pod, so that another login replaces no pod.
    ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
  };
  return [account, ...networkPolicies(installationId, appId, rules)];
}

function networkPolicies(installationId: string, appId: string, rules: NetworkRules): V1NetworkPolicy[] {
  const policy = (name: string, spec: WirePolicy): V1NetworkPolicy => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(installationId, appId, name),
    spec: spec as V1NetworkPolicySpec,
  });
  const all = { podSelector: {} };
  return [
    policy('default-deny', { ...all, policyTypes: ['Ingress', 'Egress'] }),
    // As on one machine, where an app has a network of its own.
    policy('within-app', {
      ...all,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: {} }] }],
      egress: [{ to: [{ podSelector: {} }] }],
    }),
    policy('from-platform', {
      podSelector: { matchLabels: { [LABEL.process]: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: platformPeers(rules) }],
    }),
    policy('names', {
      ...all,
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
      ],
    }),
    ...publicPorts(rules).map((egress) =>
      policy('public-ports', { ...all, policyTypes: ['Egress'], egress }),
    ),
    policy('outside', {
      ...all,
      policyTypes: ['Egress'],
      egress: [{ to: [outside('0.0.0.0/0', rules, '.'), outside('::/0', rules, ':')] }],
    }),
  ];
}

/** An empty list of peers would let everybody in, so there is always one. */
function platformPeers({ platformNamespace, platformCidrs = [] }: NetworkRules): V1NetworkPolicyPeer[] {
  const inside =
    platformNamespace === undefined
      ? []
      : [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': platformNamespace } } }];
  const peers = [...inside, ...platformCidrs.map((cidr) => ({ ipBlock: { cidr } }))];
  return peers.length > 0 ? peers : [{ podSelector: {} }];
}

/**
 * What everybody reaches from outside: the routers and SSH. A cluster sends what is meant for their public address
 * straight to their pods, which are among the addresses that apps do not reach otherwise.
 */
function publicPorts({ platformNamespace }: NetworkRules): NonNullable<WirePolicy['egress']>[] {
  if (platformNamespace === undefined) return [];
  const part = (name: string, ports: readonly string[]) => ({
    to: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': platformNamespace } },
        podSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/component': name },
        },
      },
    ],
    ports: ports.map((port) => ({ port, protocol: 'TCP' })),
  });
  return [[part('router', ['http', 'https']), part('server', ['ssh'])]];
}

function outside(all: string, { clusterCidrs }: NetworkRules, family: '.' | ':'): V1NetworkPolicyPeer {
  const except = [...clusterCidrs, ...METADATA_CIDRS].filter((cidr) => cidr.includes(family));
  return { ipBlock: { cidr: all, except: [...new Set(except)] } };
}

/** @param pods how many may be there at once */
export function quotaObject(installationId: string, appId: string, pods: number): V1ResourceQuota {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: {
      ...metadata(installationId, appId, QUOTA),
      annotations: { [ANNOTATION.asked]: String(pods) },
    },
    // Nothing that an app has no use for can be made in its name.
    spec: {
      hard: {
        pods: String(pods),
        'services.loadbalancers': '0',
        'services.nodeports': '0',
        persistentvolumeclaims: '0',
      },
    },
  };
}

function metadata(installationId: string, appId: string, name: string) {
  return { name, namespace: appNamespace(installationId, appId), labels: appLabels(installationId, appId) };
}
