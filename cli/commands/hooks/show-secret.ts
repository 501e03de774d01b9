import type { HookWithSecret } from '../../../core/contracts/resources.ts';
import type { Output } from '../../render/output.ts';

/** What is pasted elsewhere, field by field; the secret is shown here and never again. */
export function showSecret(out: Output, hook: HookWithSecret): void {
  for (const line of FIELDS[hook.kind](hook)) out.detail(line);
  if (hook.url.startsWith('/')) {
    out.warn('This platform does not know how it is reached from outside: put its address before the URL');
    out.warn('An admin can set it: SLUICE_PUBLIC_URL (docs/web-hooks.md)');
  }
}

const FIELDS: Readonly<Record<HookWithSecret['kind'], (hook: HookWithSecret) => string[]>> = {
  github: ({ url, secret, branch }) => [
    'In the repository: Settings, Webhooks, Add webhook',
    `  Payload URL:   ${url}`,
    '  Content type:  application/json',
    `  Secret:        ${secret}`,
    `  Events:        Pushes; or Workflow runs, to deploy ${branch} only once its checks have passed`,
    'The secret is not shown again',
  ],
  gitlab: ({ url, secret, branch }) => [
    'In the project: Settings, Webhooks, Add new webhook',
    `  URL:            ${url}`,
    `  Signing token:  ${secret}`,
    '                  (as Secret token where your GitLab has no signing tokens yet)',
    `  Trigger:        Push events; or Pipeline events, to deploy ${branch} only once its pipeline has passed`,
    'The secret is not shown again',
  ],
  generic: ({ url, secret }) => [
    `URL:     ${url}`,
    `Secret:  ${secret}`,
    'Body:    {"ref": "main"}, {"sha": "…"} or {"image": "registry/name@sha256:…"}, signed as in docs/web-hooks.md',
    'The secret is not shown again',
  ],
};
