/** What a request has asked for, and how it gets its answer. */
export type Asked<Question, Answer> = Question & {
  resolve: (answer: Answer | Promise<Answer>) => void;
  reject: (error: unknown) => void;
};

/**
 * Compiles a function that has requests which ask in one turn of the event loop answered together. No request waits for what
 * was begun before it came.
 * @param answer answers all of them; if it throws, that is the answer of those that have none
 */
export function inOneTurn<Question, Answer>(
  answer: (together: readonly Asked<Question, Answer>[]) => Promise<void>,
): (question: Question) => Promise<Answer> {
  let asked: Asked<Question, Answer>[] = [];
  const flush = () => {
    const together = asked;
    asked = [];
    answer(together).catch((error: unknown) => {
      for (const { reject } of together) reject(error);
    });
  };
  return (question) =>
    new Promise((resolve, reject) => {
      if (asked.push({ ...question, resolve, reject }) === 1) setImmediate(flush);
    });
}
