/**
 * Where what is there does not hold what was asked for; undefined when it does. What others have added to maps and what
 * the API server fills in is no difference; another length of a list is.
 * @returns the path of the first field, such as `spec.replicas`
 */
export function difference(asked: unknown, there: unknown, path = ''): string | undefined {
  if (Array.isArray(asked)) {
    if (!Array.isArray(there) || there.length !== asked.length) return path;
    return firstOf(asked.map((item, index) => difference(item, there[index], `${path}[${String(index)}]`)));
  }
  if (typeof asked === 'object' && asked !== null) {
    if (typeof there !== 'object' || there === null) return isEmpty(asked) ? undefined : path;
    return firstOf(
      Object.entries(asked).map(([key, value]) =>
        difference(value, (there as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
      ),
    );
  }
  return asked === undefined || asked === there ? undefined : path;
}

/** The API server leaves empty maps and lists out. */
function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function firstOf(found: readonly (string | undefined)[]): string | undefined {
  return found.find((path) => path !== undefined);
}
