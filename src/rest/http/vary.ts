import type { Response } from 'express';

/** Where the request headers that an answer depends on are noted (RFC 9110, section 12.5.5; RFC 7240, section 2). */
export interface Dependence {
  locals?: Record<string, unknown>;
}

const NAME = 'vary';

/** Notes the request headers that an answer depends on, also if it is a problem. @param names separated by commas; may be empty */
export function dependOn(response: Response, names: string): void {
  if (names !== '') response.locals[NAME] = names;
}

/** The `Vary` header with these names, if there are any. */
export function varyOf({ locals }: Dependence): { vary?: string } {
  const names = locals?.[NAME];
  return typeof names === 'string' ? { vary: names } : {};
}
