import { misuse } from '../failure.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A route's path with its parameters filled in and the query behind it.
 * @throws Failure (misuse) for an empty parameter: it would be the path of another route
 */
export function requestPath(
  path: string,
  params: Readonly<Record<string, string | number>>,
  query: Query,
): string {
  const filled = path.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => {
    const given = params[name];
    if (given === undefined) throw new TypeError(`${path} lacks ${name}`);
    if (given === '')
      throw misuse(`the ${name} is empty`, 'If it comes from a variable: that is empty or not set');
    // "." and ".." survive encoding, and a proxy would read them as folders.
    return encodeURIComponent(String(given)).replaceAll(/^\.+$/g, (dots) => dots.replaceAll('.', '%2E'));
  });
  const search = new URLSearchParams();
  for (const [name, given] of Object.entries(query)) if (given !== undefined) search.set(name, String(given));
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}
