/**
 * What `USER` means, as numbers.
 * @param user `app`, `app:staff`, `1000:staff`, …
 * @returns `1000:50`; undefined when the files do not name it
 */
export function numericUser(
  user: string,
  { passwd, group }: { readonly passwd: string; readonly group: string },
): string | undefined {
  const [name = '', groupName] = user.split(':');
  const account = lineOf(passwd, 0, name) ?? lineOf(passwd, 2, name);
  const uid = number(account?.[2]) ?? number(name);
  if (uid === undefined) return undefined;
  if (groupName === undefined) {
    const gid = number(account?.[3]);
    return gid === undefined ? uid : `${uid}:${gid}`;
  }
  const gid = number(lineOf(group, 0, groupName)?.[2]) ?? number(groupName);
  return gid === undefined ? undefined : `${uid}:${gid}`;
}

function lineOf(file: string, field: number, value: string): string[] | undefined {
  const lines = file.split('\n').map((line) => line.split(':'));
  return lines.find((fields) => fields.length > 2 && fields[field] === value);
}

function number(text: string | undefined): string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? text : undefined;
}
