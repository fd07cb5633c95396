import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Collection } from 'mongodb';
import type { Answer } from '../http/answers.ts';
import { toProblem } from '../http/failures.ts';
import type { Input, Operation } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import { chargedCollection, chargedTo } from '../charged.ts';
import type { Resource } from '../resource-description.ts';
import type { WriteOperation } from '../members/write-operation.ts';
import { forgetMark } from '../history/relay.ts';
import { earlierAnswer, toKept } from './earlier-answer.ts';
import { reserveKey, keyRecords, MOST_MS, type KeptAnswer, type KeyRecord } from './keys.ts';

/**
 * Wraps an operation so that a client that got no answer may repeat the request: with the same `Idempotency-Key` it is
 * done once, and each repetition gets the first answer (draft-ietf-httpapi-idempotency-key-header-07).
 * First the key is reserved, then the change is made and carries an id that the reservation has chosen, then the answer is
 * kept. If the process dies in between, the next attempt finds the change by that id. Answers of 500 and more are not kept.
 */
export function idempotent(resource: Resource, operation: WriteOperation): Operation {
  return {
    ...operation,
    takesIdempotencyKey: true,
    problems: [...new Set([...operation.problems, 409, 422])],
    async handle(input) {
      const given = readKey(input.headers);
      if (given === undefined) return operation.handle(input);
      // Another caller's key is another key, so that nobody gets an answer that was made for somebody else.
      const key = input.caller ? JSON.stringify([input.caller.id, given]) : given;
      if (input.source) throw malformed('cannot be used with a body that is a stream');
      const own = chargedTo(resource, input);
      const records = chargedCollection(keyRecords(resource.connection), input.trace);
      const attempt = randomUUID();
      const fingerprint = fingerprintOf(operation, input);
      const begun = Date.now();
      const record = await reserveKey(records, key, fingerprint, attempt);
      if (record.fingerprint !== fingerprint)
        throw new Problem(
          422,
          'This Idempotency-Key belongs to another request. Each request needs a key of its own.',
          [{ header: 'Idempotency-Key', keyword: 'unique', detail: 'was used with another request' }],
        );
      if (record.answer) return replay(record.answer);
      if (record.attempt !== attempt) throw underWay();
      const { memberId: id, memberAt: at } = record;
      const of = operation.path.includes('/:id') ? input.id : id;
      const earlier = await earlierAnswer(own, of, record);
      if (earlier) {
        await keep(records, record, earlier);
        return replay(earlier);
      }
      const requireInTime = () => {
        if (Date.now() - begun > MOST_MS) throw underWay();
      };
      const answer = await operation
        .handle(input, { newMember: { id, at }, requireInTime })
        .catch(async (error: unknown) => {
          const problem = toProblem(error);
          const { status, headers, message: detail, flaws } = problem;
          if (status < 500) await keep(records, record, { status, headers, problem: { detail, flaws } });
          // If something may have been changed, the next attempt finds that out.
          else if (error instanceof Problem || !input.deadline.mayHaveChanged)
            await records.deleteOne({ _id: key, attempt });
          throw error;
        });
      await keep(records, record, toKept(answer));
      if (!resource.settings.history.enabled && of !== id) forgetMark(resource, of, id);
      return answer;
    },
  };
}

/** @throws {Problem} 409 if another attempt has reserved the key meanwhile, because this one took too long */
async function keep(records: Collection<KeyRecord>, { _id, attempt }: KeyRecord, answer: KeptAnswer) {
  const update = { $set: { answer }, $unset: { announced: true } } as const;
  const { matchedCount } = await records.updateOne({ _id, attempt }, update);
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

/** The kept answer, to be sent again. @throws {Problem} if the first answer was a problem */
function replay({ status, headers, body, problem }: KeptAnswer): Answer {
  if (problem) throw new Problem(status, problem.detail, problem.flaws, { ...headers });
  return { status, headers, ...(body !== undefined && { body: JSON.parse(body) }) };
}
