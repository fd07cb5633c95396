import { expect, test } from '@jest/globals';
import { Schema, type SchemaDefinition } from 'mongoose';
import supertest from 'supertest';
import type { Keywords } from '../../schema/field.ts';
import { keywords } from '../../schema/index.ts';
import { testServer } from '../../testing.ts';
import type { ResourceDeclaration } from '../resource-description.ts';
import { readDescription, type Content } from '../../testing/description.ts';

const { Int32, Double, ObjectId } = Schema.Types;
const ruled = (type: unknown, rule: Keywords, more: object = {}) => ({ type, validate: keywords(rule), ...more });

/** Each kind of field and rule, with a value that is an example of it. */
const KINDS: Record<string, [field: object, example: unknown]> = {
  word: [{ type: String }, 'a word'],
  long: [ruled(String, { minLength: 30, maxLength: 40 }), 'x'.repeat(35)],
  short: [ruled(String, { maxLength: 2 }), 'ab'],
  nothing: [ruled(String, { maxLength: 0 }), ''],
  serial: [ruled(String, { pattern: '^[A-Z]{2}-[0-9]{1,6}$' }), 'VG-2'],
  slug: [ruled(String, { pattern: '^[a-z]+(?:-[a-z]+)*$', minLength: 12, maxLength: 60 }), 'long-enough-slug'],
  odd: [ruled(String, { pattern: '^[^a-z ]+🚀(?:x|y)?$' }), 'A🚀'],
  kind: [ruled(String, { enum: ['orbiter', 'lander'] }), 'lander'],
  phase: [ruled(String, { enum: ['cruise'] }, { default: null }), 'cruise'],
  state: [ruled(String, { maxLength: 9 }, { default: 'idle' }), 'busy'],
  count: [{ type: Int32 }, 7],
  high: [ruled(Int32, { minimum: 1000 }), 1001],
  low: [ruled(Int32, { maximum: -5 }), -6],
  between: [ruled(Number, { minimum: 2.25, maximum: 2.5 }), 2.3],
  step: [ruled(Double, { enum: [0.5, 1.5] }), 1.5],
  factor: [{ type: Double, default: 3 }, 4],
  isCrewed: [{ type: Boolean }, false],
  isOn: [ruled(Boolean, { enum: [false] }), false],
  seen: [{ type: Date, default: null }, '2026-05-02T00:00:00.000Z'],
  made: [{ type: Date, default: Date.now }, '2026-05-02T00:00:00.000Z'],
  carrier: [{ type: ObjectId }, '65a1b2c3d4e5f60718293a4c'],
  tags: [{ type: [String] }, ['x']],
  bands: [ruled([Int32], { minItems: 2 }, { default: [1, 2] }), [3, 4, 5]],
  names: [ruled([ruled(String, { minLength: 3 })], { minItems: 3 }, { default: undefined }), ['abc', 'def', 'ghi']],
};

const all = (withExamples: boolean): SchemaDefinition =>
  Object.fromEntries(
    Object.entries(KINDS).map(([name, [field, example]]) => [
      name,
      { ...field, required: !('default' in field), ...(withExamples && { example }) },
    ]),
  );

function declared(name: string, withExamples: boolean): ResourceDeclaration {
  const part = new Schema(all(withExamples), { _id: false });
  const definition = {
    ...all(withExamples),
    part: { type: part, required: true },
    parts: [part],
    site: all(withExamples),
  };
  const schema = new Schema(definition, { collection: name, timestamps: true, strict: 'throw' });
  return { model: (connection) => connection.model(name, schema), path: `/${name}`, description: '' };
}

const { url } = await testServer({ resources: [declared('told', true), declared('bare', false)] });
const api = supertest(url);
const { operations } = await readDescription(url);

const contentsOf = (path: string): [string, Content][] =>
  operations
    .filter((operation) => operation.path.startsWith(path))
    .flatMap(({ operationId, requestBody, responses }) =>
      [requestBody?.content, ...Object.values(responses).map(({ content }) => content)].map(
        (content = {}): [string, Content] => [operationId.replace(/told|bare/, ''), content],
      ),
    );

/** Where the description has an example, and where not. */
const places = (path: string) =>
  contentsOf(path).flatMap(([operationId, content]) =>
    Object.entries(content).map(([type, one]) => `${operationId} ${type}: ${'example' in one}`),
  );

test('a model without an example has as many in the description as one with all', () => {
  expect(places('/bare')).toEqual(places('/told'));
  expect(places('/bare').filter((place) => place.endsWith('true')).length).toBeGreaterThan(15);
});

const requests = ['/told', '/bare'].flatMap((path) =>
  operations
    .filter((operation) => operation.path.startsWith(path))
    .flatMap(({ method, path, requestBody }) =>
      Object.entries(requestBody?.content ?? {}).flatMap(([type, content]) =>
        'example' in content ? [[method, path, type, content.example] as const] : [],
      ),
    ),
);

test.each(requests)('is accepted, and what it says is answered: %s %s, %s', async (method, template, type, example) => {
  const path = template.replace(/\/\{id\}.*/, '');
  const whole = operations.find((one) => one.method === 'POST' && one.path === path)?.requestBody?.content;
  const body = Object(whole?.['application/json']?.example);
  expect(Object.keys(body)).toEqual([...Object.keys(KINDS), 'part', 'parts', 'site']);
  expect(Object.keys(body.part)).toEqual(Object.keys(KINDS));
  const { body: member } = await api.post(path).send(body);
  const target = template.replace('{id}', member.id);
  if (target.endsWith('/restore')) await api.delete(`${path}/${member.id}`);
  const request = method === 'POST' ? api.post(target) : method === 'PUT' ? api.put(target) : api.patch(target);
  const { status, body: answer } = await request.set('content-type', type).send(JSON.stringify(example));
  expect(status).toBe(target === path ? 201 : 200);
  expect(answer).toEqual({ ...member, id: answer.id, createdAt: answer.createdAt, updatedAt: answer.updatedAt });
  expect(member).toMatchObject(body);
});
