/** Two documents would have one value in a unique index. See "Error Codes" in MongoDB's manual. */
export const DUPLICATE_KEY = 11_000;

/** A document breaks the validator of its collection. */
export const INVALID_DOCUMENT = 121;

/** An operation took longer than its maxTimeMS. */
export const MAX_TIME_MS_EXPIRED = 50;

/** Whether an error of Node or MongoDB has the given code. */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
