import type { Response } from 'express';

/** The request headers that an answer depends on besides its target (RFC 9110, section 12.5.5; RFC 7240, section 2). */
export interface Dependence {
  locals?: Record<string, unknown>;
}

const NAME = 'vary';

/** Notes what an answer will depend on, be it one or a failure; nothing, if that is an empty text. */
export function dependOn(response: Response, names: string): void {
  if (names !== '') response.locals[NAME] = names;
}

/** The header that tells a cache of it. */
export function varyOf({ locals }: Dependence): { vary?: string } {
  const names = locals?.[NAME];
  return typeof names === 'string' ? { vary: names } : {};
}
