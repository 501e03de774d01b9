/** Milliseconds since 1970 as ISO 8601 in UTC. */
export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** A value under a name when it is there: optional fields of the contracts are left out, never null. */
export function optional<Name extends string, T>(
  name: Name,
  value: T | null | undefined,
): { readonly [K in Name]?: T } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]: T });
}

/** Like `optional`, for a moment. */
export function optionalTime<Name extends string>(
  name: Name,
  at: number | null | undefined,
): { readonly [K in Name]?: string } {
  return optional(name, at === null || at === undefined ? undefined : iso(at));
}
