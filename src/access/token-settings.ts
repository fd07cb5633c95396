import { OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';

/** The settings of tokens, where tokens are taken. */
export type TokenTerms = Settings['tokens'] & { issuer: string; audience: string };

/** Whether tokens are taken besides keys. @throws {OperatorError} if a setting is missing */
export function takesTokens(settings: Settings['tokens']): settings is TokenTerms {
  const { issuer, audience, jwksUrl } = settings;
  if (issuer === null && (audience !== null || jwksUrl !== null))
    throw new OperatorError(
      'Tokens need tokens.issuer (TOKENS_ISSUER), but it is not set. Set it, or nothing of tokens.',
    );
  if (issuer !== null && audience === null)
    throw new OperatorError(
      'tokens.audience (TOKENS_AUDIENCE) is not set, so tokens that the issuer made for others would be taken. Set it.',
    );
  return issuer !== null;
}
