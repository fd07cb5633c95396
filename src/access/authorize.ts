import type { IncomingMessage } from 'node:http';
import type { Connection } from 'mongoose';
import type { Authorize, Caller } from '../rest/index.ts';
import type { AccessSettings } from './authentication.ts';
import { PREFIX } from './key-format.ts';
import { credentialMissing, credentialRefused, scopeMissing } from './problems.ts';
import { grants } from './roles.ts';
import { takesTokens } from './token-settings.ts';
import { keyVerifier } from './verify-key.ts';

/**
 * Makes the function that finds out who sent a request, and whether the caller may do what it asks for.
 * @throws {OperatorError} if the settings of tokens are not complete
 * @param isRequired whether callers must say who they are
 */
export function authorizer(
  connection: Connection,
  { tokens }: AccessSettings,
  isRequired: () => boolean | Promise<boolean>,
): Authorize {
  const verifyKey = keyVerifier(connection);
  // The package that verifies tokens takes long to load, so only a server that takes tokens loads it.
  const verifyToken = takesTokens(tokens)
    ? import('./verify-token.ts').then(({ tokenVerifier }) => tokenVerifier(tokens))
    : undefined;
  const identify = async (credential: string): Promise<Caller> => {
    if (verifyToken && !credential.startsWith(PREFIX)) return (await verifyToken)(credential);
    const key = await verifyKey(credential);
    const { _id: id, name, role } = key;
    return { id, name, role, may: (scope) => grants(key, scope) };
  };
  const authorize = async (request: IncomingMessage, scope: string | null, required: boolean | Promise<boolean>) => {
    if (!(await required)) return undefined;
    const caller = await identify(credentialOf(request));
    if (scope !== null && !caller.may(scope)) throw scopeMissing(scope);
    return caller;
  };
  return (request, scope) => {
    const required = isRequired();
    return required === false ? undefined : authorize(request, scope, required);
  };
}

/** The credential that a request has (RFC 6750, section 2.1). @throws {Problem} 401 unless there is exactly one */
function credentialOf({ headersDistinct }: IncomingMessage): string {
  const [header, ...others] = headersDistinct['authorization'] ?? [];
  if (header === undefined) throw credentialMissing();
  if (others.length > 0) throw credentialRefused('must be there only once');
  const [, credential] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (credential === undefined) throw credentialRefused('must be Bearer, a blank, and a key');
  return credential;
}
