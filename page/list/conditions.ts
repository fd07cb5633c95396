import type { Attribute } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { isList, splitList, type Filter } from './query.ts';

/** What a filter can demand, in words. */
interface Condition {
  /** `gte`; for `exists`, which has no value to enter, `exists=true` or `exists=false`. */
  name: string;
  words: string;
}

type Words = Readonly<Record<string, string>>;

const WORDS: Words = {
  eq: 'is',
  ne: 'is not',
  startsWith: 'begins with',
  contains: 'contains',
  in: 'is one of',
  nin: 'is none of',
  gte: 'is at least',
  lte: 'is at most',
  gt: 'is more than',
  lt: 'is less than',
  'exists=true': 'is set',
  'exists=false': 'is not set',
};

const TIME_WORDS: Words = { gte: 'is from', lte: 'is up to', gt: 'is after', lt: 'is before' };
const TEXT_WORDS: Words = {
  gte: 'is from (A–Z)',
  lte: 'is up to (A–Z)',
  gt: 'comes after (A–Z)',
  lt: 'comes before (A–Z)',
};

const wordsFor = ({ kind }: Pick<Attribute, 'kind'>): Words => {
  if (kind === 'time') return { ...WORDS, ...TIME_WORDS };
  return kind === 'integer' || kind === 'number' ? WORDS : { ...WORDS, ...TEXT_WORDS };
};

/** What people mostly ask for comes first. */
const FIRST: Readonly<Partial<Record<Attribute['kind'], readonly string[]>>> = {
  text: ['startsWith', 'contains', 'eq'],
  integer: ['gte', 'lte', 'eq'],
  number: ['gte', 'lte', 'eq'],
  time: ['gte', 'lte'],
  choice: ['in', 'nin'],
};

/** What filters of an attribute can demand. */
export function conditionsOf(attribute: Attribute): Condition[] {
  const words = wordsFor(attribute);
  const first = FIRST[attribute.kind] ?? [];
  const names = attribute.operators.flatMap((name) => (name === 'exists' ? ['exists=true', 'exists=false'] : [name]));
  const ordered = [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name))];
  return ordered.map((name) => ({ name, words: words[name] ?? name }));
}

/** The name of a filter's condition. */
export const conditionName = ({ operator, value }: Pick<Filter, 'operator' | 'value'>): string =>
  operator === 'exists' ? `exists=${value}` : operator;

/** The filter in words: `Thrust is at least 5`. */
export function filterText({ parameter, attribute, operator, value }: Filter): string {
  if (!attribute) return `${parameter} = ${value}`;
  const name = conditionName({ operator, value });
  const words = `${attribute.label} ${wordsFor(attribute)[name] ?? operator}`;
  if (operator === 'exists') return words;
  const values = isList(operator) ? splitList(value) : [value];
  return `${words} ${values.map((one) => readable(attribute, one)).join(' or ')}`;
}

function readable(attribute: Attribute, value: string): string {
  if (value === 'null' && attribute.kind !== 'text') return 'nothing';
  if (attribute.kind === 'boolean') return valueText(attribute, value === 'true');
  const isNumber = attribute.kind === 'integer' || attribute.kind === 'number';
  return isNumber && value !== '' && Number.isFinite(Number(value))
    ? valueText(attribute, Number(value))
    : valueText(attribute, value);
}
