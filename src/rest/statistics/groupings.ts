import type { Document } from 'mongodb';
import type { Parameters } from '../http/parameters.ts';
import type { Attribute } from '../query/attributes.ts';
import { isOfType } from './summaries.ts';
import { numberOf } from './numbers.ts';

/** The parts of a time that members can be grouped by. */
const UNITS = ['year', 'month', 'day', 'hour'] as const;
type Unit = (typeof UNITS)[number];

/** What members are grouped by. */
export interface Grouping {
  attribute: Attribute;
  /** Whether the groups depend on a time zone. */
  isLocal: boolean;
  /** The expression of the database that tells the group of a document. */
  expression: (timezone: string) => unknown;
  /** Where that gives only a key: the accumulator `least` of a group, and the expression that makes the group's value of it. */
  refined?: (timezone: string) => { least: Document; value: Document };
  /** The value of a group in an answer, made from the value of the expression. */
  show: (group: unknown) => unknown;
}

const WIDTH = String.raw`[1-9]\d{0,8}`;
const WIDTHS: Readonly<Partial<Record<Attribute['type'], string>>> = {
  Int32: WIDTH,
  Number: String.raw`(?:${WIDTH}(?:\.\d{1,6})?|0\.\d{0,5}[1-9])`,
  Double: String.raw`(?:${WIDTH}(?:\.\d{1,6})?|0\.\d{0,5}[1-9])`,
  Date: `(?:${UNITS.join('|')})`,
};

/** The parameter `by`, and the reader of its value, which its schema has accepted. */
export function compileGroupings(attributes: readonly Attribute[]) {
  const forms = attributes.map(({ name, type }) => {
    const within = WIDTHS[type];
    return escaped(name) + (within === undefined ? '' : String.raw`(?:\[${within}\])?`);
  });
  const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  const parameters: Parameters = {
    by: {
      type: 'string',
      pattern: `^(?:${forms.join('|')})$`,
      maxLength: Math.max(...attributes.map(({ name }) => name.length)) + '[123456789.123456]'.length,
      description:
        'The field whose values make the groups. A time can be cut to its ' +
        `${UNITS.join(', ')}, as in FIELD[month]. Numbers can be put together in ranges of one width, as in FIELD[100]; the ` +
        'lower bound of a range stands for it. Without this parameter there is one group',
      examples: attributes.map(exampleOf),
    },
  };
  return {
    parameters,
    read(text: unknown): Grouping | undefined {
      const [, name = '', within = ''] = /^([^[]*)(?:\[(.*)\])?$/.exec(String(text)) ?? [];
      const attribute = byName.get(name);
      return attribute && groupingOf(attribute, within);
    },
  };
}

const exampleOf = ({ name, type }: Attribute) =>
  name + (type === 'Date' ? '[month]' : WIDTHS[type] === undefined ? '' : '[100]');

function groupingOf(attribute: Attribute, within: string): Grouping {
  const value = `$${attribute.path}`;
  if (isUnit(within)) return timeGrouping(attribute, within);
  const width = Number(within);
  if (width === 0) return { attribute, isLocal: false, expression: () => value, show: shownValue };
  return {
    attribute,
    isLocal: false,
    expression: () => guarded(attribute, { $floor: { $divide: [value, width] } }),
    show(place) {
      const bound = numberOf(place);
      // The product has the digits that the width has, and no others: 3 * 0.1 is 0.3 here.
      return typeof bound === 'number' ? Number((bound * width).toPrecision(15)) : null;
    },
  };
}

/** What a clock shows in one group only: an hour that comes twice has two offsets from UTC. */
const CLOCKS: Readonly<Record<Unit, string>> = { year: '%Y', month: '%Y-%m', day: '%Y-%m-%d', hour: '%Y-%m-%dT%H%z' };

/** Between these, in every zone, a year has four digits, which the clock must have. Nothing but a time lies between two times. */
const [FIRST, LAST] = [new Date('1000-01-02T00:00:00Z'), new Date('9999-12-30T00:00:00Z')];

/** In a time zone, the database makes such a text in two thirds of the time that `$dateTrunc` takes, which is left to the groups. */
function timeGrouping(attribute: Attribute, unit: Unit): Grouping {
  const date = `$${attribute.path}`;
  const isUsual = { $and: [{ $gte: [date, FIRST] }, { $lt: [date, LAST] }] };
  return {
    attribute,
    isLocal: true,
    expression: (timezone) => ({
      $cond: [
        isUsual,
        { $dateToString: { date, format: CLOCKS[unit], timezone } },
        guarded(attribute, startOf(unit, date, timezone)),
      ],
    }),
    refined: (timezone) => ({ least: { $min: guarded(attribute, date) }, value: startOf(unit, '$least', timezone) }),
    show: shownValue,
  };
}

/**
 * The expression for the instant at which the year, month, day or hour of a time began. `$dateTrunc` counts whole hours from
 * the year 2000, which is wrong where a zone has shifted its clock by half an hour or so.
 */
function startOf(unit: Unit, date: string, timezone: string): Document {
  if (unit !== 'hour') return { $dateTrunc: { date, unit, timezone } };
  const of = (part: string, milliseconds: number) => ({ $multiply: [{ [part]: { date, timezone } }, milliseconds] });
  return { $subtract: [date, { $add: [of('$minute', 60_000), of('$second', 1000), of('$millisecond', 1)] }] };
}

/** A document that has a value of another type, from before a migration, counts as one without a value. */
const guarded = (attribute: Attribute, expression: unknown) => ({ $cond: [isOfType(attribute), expression, null] });

const isUnit = (text: string): text is Unit => UNITS.some((unit) => unit === text);

function shownValue(value: unknown): unknown {
  const number = numberOf(value);
  return number === undefined ? (value ?? null) : number;
}

/** A text as a part of a regular expression. */
const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
