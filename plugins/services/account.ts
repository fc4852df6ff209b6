// What the machine knows of a user: the group it belongs to, and where it is at home.
import { readFileSync } from 'node:fs';

export interface Account {
  readonly name: string;
  readonly group: string;
  readonly home: string;
  readonly shell: string;
}

/**
 * By name or number, from passwd(5); undefined for those that another directory holds, such as LDAP: they need `group`.
 * The group of a user need not have its name: that of `nobody` is `nogroup` on Debian.
 */
export function accountOf(user: string, file = '/etc/passwd'): Account | undefined {
  const lines = textOf(file).split('\n');
  const fields = lines.map((line) => line.split(':')).find(([name, , uid]) => name === user || uid === user);
  const [name = '', , , group = '', , home = '', shell = ''] = fields ?? [];
  return group === '' ? undefined : { name, group, home, shell };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // another system
  }
}
