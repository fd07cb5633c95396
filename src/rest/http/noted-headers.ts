import type { Response } from 'express';

/** Headers that an answer gets whatever it is, also if it is a problem. */
export interface Noted {
  locals?: Record<string, unknown>;
}

const NAME = 'notedHeaders';

/** Notes headers for the answer, in addition to those that were noted before. */
export function note(response: Response, headers: Readonly<Record<string, string>>): void {
  response.locals[NAME] = { ...response.locals[NAME], ...headers };
}

/** The headers that were noted for an answer. */
export const notedHeaders = ({ locals }: Noted): Record<string, string> => Object(locals?.[NAME]);
