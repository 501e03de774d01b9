import { posix } from 'node:path';
import type { Flag } from 'dockerfile-ast';

/**
 * An engine's cache is shared by all apps, and what a secret is does not count in it: only its id does. So each app's ids
 * are made its own; otherwise another app would get what a command made of the secret by writing the same command.
 */
export class SecretIds {
  private readonly prefix: string;

  constructor({ installationId, appId }: { readonly installationId: string; readonly appId: string }) {
    // BuildKit mounts a secret under the last part of its id unless it is told where.
    this.prefix = `sluice-${installationId}-${appId}/`;
  }

  own(name: string): string {
    return this.prefix + name;
  }

  /** @returns undefined for an id that was not made the app's own, as in a trigger of a base image */
  nameOf(id: string): string | undefined {
    return id.startsWith(this.prefix) ? id.slice(this.prefix.length) : undefined;
  }

  /** A text with ids as their writer knows them. */
  plain(text: string): string {
    return text.replaceAll(this.prefix, '');
  }
}

/** What to write into one `--mount=type=secret`, so that its id is the app's own. */
export interface SecretMount {
  /** In characters from the start. */
  readonly at: number;
  readonly text: (ids: SecretIds) => string;
}

type FlagOption = ReturnType<Flag['getOptions']>[number];
type Range = NonNullable<ReturnType<FlagOption['getValueRange']>>;

/** @param offset of a position in the text, in characters from the start */
export function secretMounts(
  flags: readonly Flag[],
  offset: (position: Range['start']) => number,
): SecretMount[] {
  return flags
    .filter((flag) => flag.getName() === 'mount')
    .flatMap((flag) => {
      const options = new Map(flag.getOptions().map((option) => [bare(option.getName()), option]));
      if (bare(options.get('type')?.getValue()) !== 'secret') return [];
      // In this order, as BuildKit takes it.
      const id = firstOf(options, ['source', 'src', 'id']);
      if (id !== undefined) {
        const quote = /^["']/.test(id.value) ? 1 : 0;
        return [{ at: offset(id.range.start) + quote, text: (ids: SecretIds) => ids.own('') }];
      }
      const target = firstOf(options, ['target', 'dst', 'destination']);
      if (target === undefined) return [];
      const name = posix.basename(bare(target.value));
      const end = offset(target.range.end) - (/["']$/.test(target.value) ? 1 : 0);
      return [{ at: end, text: (ids: SecretIds) => `,id=${ids.own(name)}` }];
    });
}

function firstOf(
  options: ReadonlyMap<string, FlagOption>,
  names: readonly string[],
): { value: string; range: Range } | undefined {
  for (const name of names) {
    const option = options.get(name);
    const [value, range] = [option?.getValue() ?? '', option?.getValueRange() ?? null];
    if (value !== '' && range !== null) return { value, range };
  }
  return undefined;
}

function bare(word: string | null | undefined): string {
  return (word ?? '').replaceAll(/["']/g, '');
}
