import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Collection } from 'mongodb';
import type { Answer } from '../http/answers.ts';
import { toProblem } from '../http/failures.ts';
import { wasMade } from '../history/past.ts';
import type { Input, Operation } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { answerTo } from '../members/answers.ts';
import type { WriteOperation } from '../members/write-operation.ts';
import type { Companion, Outcome } from '../writes/commit.ts';
import { reserveKey, keyRecords, type KeptAnswer, type KeyRecord } from './keys.ts';

/**
 * Wraps an operation so that a client that got no answer may repeat the request: with the same `Idempotency-Key` it is
 * done once, and each repetition gets the first answer (draft-ietf-httpapi-idempotency-key-header-07).
 * The answer is kept in one step with the change. Answers of 500 and more are not kept.
 */
export function idempotent(resource: Resource, operation: WriteOperation): Operation {
  return {
    ...operation,
    takesIdempotencyKey: true,
    problems: [...new Set([...operation.problems, 409, 422])],
    async handle(input) {
      const key = readKey(input.headers);
      if (key === undefined) return operation.handle(input);
      if (input.source) throw malformed('cannot be used with a body that is a stream');
      const records = keyRecords(resource.connection);
      const attempt = randomUUID();
      const fingerprint = fingerprintOf(operation, input);
      const record = await reserveKey(records, key, fingerprint, attempt);
      if (record.fingerprint !== fingerprint)
        throw new Problem(
          422,
          'This Idempotency-Key belongs to another request. Each request needs a key of its own.',
          [{ header: 'Idempotency-Key', keyword: 'unique', detail: 'was used with another request' }],
        );
      if (record.answer) return replay(record.answer);
      if (record.attempt !== attempt) throw underWay();
      const { announced } = record;
      if (announced && (await wasMade(resource, announced, () => JSON.parse(announced.answer.body ?? 'null')))) {
        const { answer } = announced;
        await keep(records, record, answer);
        return replay(answer);
      }
      const { memberId: id, memberAt: at } = record;
      const idempotency = { newMember: { id, at }, companions: [answerKeeper(resource, records, record)] };
      return operation.handle(input, idempotency).catch(async (error: unknown) => {
        const problem = toProblem(error);
        const { status, headers, message: detail, flaws } = problem;
        if (status < 500) await keep(records, record, { status, headers, problem: { detail, flaws } });
        // After a problem of 500 or more nothing was changed. After any other error the next attempt finds that out.
        else if (error instanceof Problem) await records.deleteOne({ _id: key, attempt });
        throw error;
      });
    },
  };
}

/** The companion that keeps the answer together with the change. */
function answerKeeper(resource: Resource, records: Collection<KeyRecord>, record: KeyRecord): Companion {
  const { _id, attempt } = record;
  const answerOf = (outcome: Outcome) => toKept(answerTo(resource, outcome));
  return {
    async announce(change) {
      const { kind, id, at } = change;
      const announced = { kind, id, at, answer: answerOf(change) };
      const { matchedCount } = await records.updateOne({ _id, attempt }, { $set: { announced } });
      if (matchedCount === 0) throw underWay();
    },
    settle: (change, session) => keep(records, record, answerOf(change), { session }),
    settleUnchanged: (outcome) => keep(records, record, answerOf(outcome)),
    withdraw: () => records.updateOne({ _id, attempt }, { $unset: { announced: true } }),
  };
}

/** @throws {Problem} 409 if another attempt has reserved the key meanwhile, because this one took too long */
async function keep(records: Collection<KeyRecord>, { _id, attempt }: KeyRecord, answer: KeptAnswer, options = {}) {
  const update = { $set: { answer }, $unset: { announced: true } } as const;
  const { matchedCount } = await records.updateOne({ _id, attempt }, update, options);
  if (matchedCount === 0) throw underWay();
}

/** Reads the key: a String of Structured Fields (RFC 8941), in quotes or without. @throws {Problem} 400 if it is malformed */
function readKey(headers: IncomingHttpHeaders): string | undefined {
  const text = headers['idempotency-key'];
  if (text === undefined) return undefined;
  const key = /^"((?:[ !#-[\]-~]|\\["\\]){1,255})"$|^([\w.:@/+=-]{1,255})$/.exec(String(text));
  if (!key) throw malformed('must be 1 to 255 characters of ASCII, in double quotes');
  return key[1] ?? key[2];
}

const malformed = (detail: string) =>
  new Problem(400, 'The header Idempotency-Key cannot be used.', [
    { header: 'Idempotency-Key', keyword: 'format', detail },
  ]);

const underWay = () =>
  new Problem(
    409,
    'The first request with this Idempotency-Key is not finished yet. Repeat this request after Retry-After seconds.',
    [{ header: 'Idempotency-Key', keyword: 'unique', detail: 'belongs to a request that is not finished yet' }],
    { 'retry-after': '1' },
  );

/** A hash of all that makes two requests the same one. */
function fingerprintOf({ method, path }: Operation, { id, parameters, mediaType, headers, body }: Input): string {
  const preconditions = ['if-match', 'if-none-match', 'if-unmodified-since'].map((name) => headers[name]);
  return createHash('sha256')
    .update(JSON.stringify([method, path, id, parameters, mediaType, preconditions, body]))
    .digest('base64url');
}

const toKept = ({ status, headers = {}, body }: Answer): KeptAnswer => ({
  status,
  headers,
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

/** The kept answer, to be sent again. @throws {Problem} if the first answer was a problem */
function replay({ status, headers, body, problem }: KeptAnswer): Answer {
  if (problem) throw new Problem(status, problem.detail, problem.flaws, { ...headers });
  return { status, headers, ...(body !== undefined && { body: JSON.parse(body) }) };
}
