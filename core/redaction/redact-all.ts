/** What cuts secrets out of one text. */
export interface Redacts {
  text(text: string): string;
}

/** Every text within a JSON value, also in lists and objects, without secrets; keys are ours and stay. */
export function redactAll<T>(redactor: Redacts, value: T): T {
  return each(redactor, value) as T;
}

function each(redactor: Redacts, value: unknown): unknown {
  if (typeof value === 'string') return redactor.text(value);
  if (Array.isArray(value)) return value.map((item: unknown) => each(redactor, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(redactor, item)]));
}
