import { Refusal } from './reason.ts';

/** An image that can never become another one: a registry's name for it, with its digest. */
export interface PinnedReference {
  /** `docker.io`, `registry.example.com:5000`, … */
  readonly host: string;
  /** `library/busybox` */
  readonly repository: string;
  /** `sha256:…` */
  readonly digest: string;
  /** All of it with nothing left out; a tag beside the digest says nothing more, and is not in it. */
  readonly name: string;
}

const HUB = 'docker.io';
const HUB_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
/** https://github.com/distribution/reference: host[:port]/path[:tag][@digest], IPv6 hosts left out. */
const REFERENCE =
  /^(?<path>[a-z0-9](?:[A-Za-z0-9._/:-]{0,398}[A-Za-z0-9])?)(?:@(?<digest>[a-z0-9]{1,20}:[0-9A-Za-z]{1,128}))?$/;
const HOST = /^(?:localhost|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads `registry/name@sha256:…`. A tag alone is refused: it can be another image tomorrow, and a rollback, a restart or a
 * second node would then run what nobody has tested.
 * @throws Refusal 422 `image_without_digest` or `image_invalid`
 */
export function pinnedReference(text: string): PinnedReference {
  const { path = '', digest } = REFERENCE.exec(text)?.groups ?? {};
  const [first = '', ...rest] = path.split('/');
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = named ? (HUB_NAMES.has(first) ? HUB : first) : HUB;
  const [written = '', tag, ...more] = (named ? rest.join('/') : path).split(':');
  const repository = host === HUB && !written.includes('/') ? `library/${written}` : written;
  const isName = HOST.test(host) && REPOSITORY.test(repository) && more.length === 0;
  if (!isName || (tag !== undefined && !TAG.test(tag))) throw invalid('it is not the name of an image');
  if (digest === undefined) throw withoutDigest(`${host}/${repository}`, tag ?? 'latest');
  if (!DIGEST.test(digest)) throw invalid('its digest is not sha256: and 64 of 0-9 and a-f');
  return { host, repository, digest, name: `${host}/${repository}@${digest}` };
}

function invalid(why: string): Refusal {
  return new Refusal(
    422,
    'image_invalid',
    `the image cannot be used: ${why}`,
    'write it as registry.example.com/team/shop@sha256:… (64 digits)',
  );
}

function withoutDigest(name: string, tag: string): Refusal {
  return new Refusal(
    422,
    'image_without_digest',
    `${name}:${tag} is a tag, which can be another image tomorrow`,
    `name its digest: ${name}@sha256:…   \`docker buildx imagetools inspect ${name}:${tag}\` shows it, and so does the push of the image`,
  );
}
