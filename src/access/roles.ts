/** What a caller may do is a set of scopes: `engines:read`, `engines:write`, … A role has many scopes, also those of later resources. */

export const ROLES = ['reader', 'writer', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** The scopes that belong to no resource. Only an admin has them. */
const ADMIN_SCOPES: readonly string[] = [
  'keys:read',
  'keys:write',
  'migrations:read',
  'migrations:write',
  'backups:read',
  'server:read',
];

const isAdmins = (scope: string) => ADMIN_SCOPES.includes(scope);

const HAS: Readonly<Record<Role, (scope: string) => boolean>> = {
  reader: (scope) => scope.endsWith(':read') && !isAdmins(scope),
  writer: (scope) => !isAdmins(scope),
  admin: () => true,
};

/** What somebody may do: what the role has, and of that only what `scopes` names, if it is there. */
export interface Grant {
  role: Role;
  scopes?: readonly string[];
}

/** Whether the grant has a scope. */
export const grants = ({ role, scopes }: Grant, scope: string): boolean =>
  HAS[role](scope) && (scopes === undefined || scopes.includes(scope));

/** Whether a text names a role. */
export const isRole = (text: unknown): text is Role => ROLES.some((role) => role === text);

/** All scopes that there are. @param resources with the paths of their collections */
export const allScopes = (resources: readonly { path: string }[]): string[] => [
  ...resources.flatMap(({ path }) => ['read', 'write'].map((access) => `${path.slice(1)}:${access}`)),
  ...ADMIN_SCOPES,
];
