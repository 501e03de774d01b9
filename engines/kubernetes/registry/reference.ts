/** An image's name with nothing left out. https://github.com/distribution/reference */
export interface ImageReference {
  /** `docker.io`, `10.243.0.1:5000`, … */
  readonly host: string;
  /** `library/busybox` */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const HUB = 'docker.io';

/** @param image of the letters that a reference may have */
export function parseReference(image: string): ImageReference {
  const [named = '', digest] = image.split('@');
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  const host = hasHost ? (first === 'index.docker.io' ? HUB : first) : HUB;
  const path = hasHost ? named.slice(slash + 1) : named;
  const colon = path.lastIndexOf(':');
  const bare = colon === -1 ? path : path.slice(0, colon);
  const repository = host === HUB && !bare.includes('/') ? `library/${bare}` : bare;
  const tag = colon === -1 ? undefined : path.slice(colon + 1);
  return { host, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** As BuildKit writes it. */
export function fullName({ host, repository, tag, digest }: ImageReference): string {
  return `${host}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
