import { Problem } from '../rest/index.ts';

/** RFC 6750, section 3. No text in it may have a quote or a backslash. */
const CHALLENGE = 'Bearer realm="engines"';

/** The 401 for a request that does not say who sent it. */
export const credentialMissing = () =>
  new Problem(
    401,
    'This request needs a key, in the header Authorization: Bearer KEY. An operator makes keys with npx engines keys create.',
    [{ header: 'Authorization', keyword: 'required', detail: 'is required' }],
    { 'www-authenticate': CHALLENGE },
  );

/** The 401 for a request that says it wrongly. @param detail what is wrong, after the name of the header */
export const credentialRefused = (detail: string) =>
  new Problem(
    401,
    `The header Authorization ${detail}.`,
    [{ header: 'Authorization', keyword: 'credential', detail }],
    { 'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="Authorization ${detail}"` },
  );

/** The one answer to an unknown key, a wrong secret, and a key that was revoked or has expired: none tells which it is. */
export const keyInvalid = () => credentialRefused('has a key that is not valid');

export const keyMistyped = () =>
  credentialRefused('has a key with a typing error: it does not fit its own checksum, or a part is missing');

/** The 403 for a caller who may not do that. */
export const scopeMissing = (scope: string, detail = `This request needs the scope ${scope}, which you do not have.`) =>
  new Problem(403, detail, [], {
    'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
  });
