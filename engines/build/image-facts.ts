/** @param user of an image's config, '' when it names none */
export function runsAsRoot(user: string): boolean {
  return /^(?:root|0+)?(?::|$)/.test(user);
}

/** @param exposed of an image's config: `{"80/tcp": {}}` */
export function tcpPorts(exposed: Readonly<Record<string, unknown>> | undefined | null): number[] {
  return Object.keys(exposed ?? {})
    .map((port) => /^(\d+)(?:\/tcp)?$/.exec(port)?.[1])
    .flatMap((port) => (port === undefined ? [] : [Number(port)]))
    .sort((a, b) => a - b);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
