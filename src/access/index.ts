export type { AccessKey } from './access-keys.ts';
export { authentication, requireSafe, type AccessSettings } from './authentication.ts';
export { authorizer } from './authorize.ts';
export { callerOperation } from './caller-operation.ts';
export { cursorSecretOf } from './cursor-secret.ts';
export { createKey, listKeys, revokeKey, rotateKey, scopeFlaws, shownKey, type IssuedKey } from './key-changes.ts';
export { keyOperations } from './key-operations.ts';
export { NAME } from './access-keys.ts';
export { allScopes, ROLES, type Role } from './roles.ts';
