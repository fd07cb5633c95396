/** Two documents would have one value in a unique index. See "Error Codes" in MongoDB's manual. */
export const DUPLICATE_KEY = 11_000;

/** A document breaks the validator of its collection. */
export const INVALID_DOCUMENT = 121;

/** An operation took longer than its maxTimeMS. */
export const MAX_TIME_MS_EXPIRED = 50;

/** The user may not do that. */
export const UNAUTHORIZED = 13;

/** What means "not now": no primary, shutting down, out of time or of disk. */
const PASSING = new Set([
  6, 7, 24, 50, 63, 64, 89, 91, 100, 112, 134, 150, 189, 202, 234, 262, 290, 402, 9001, 10_107, 11_600, 11_602, 13_388,
  13_435, 13_436, 14_031,
]);

/** Whether an error of MongoDB says that it may be otherwise soon. */
export const isPassing = ({ code }: { code?: unknown }): boolean => PASSING.has(Number(code));

/** Whether an error of Node or MongoDB has the given code. */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
