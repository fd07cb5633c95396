import * as operations from '../index.ts';
import { block, Code, inline, literal, WIDTH } from './literal.ts';

type Operation = keyof typeof operations;

/** A call of an operation, with the statements of the function that is its last argument, if it has one. */
export interface Statement {
  operation: Operation;
  values: readonly unknown[];
  steps: readonly Statement[];
}

/** A migration's file while it is written. */
export class Draft {
  /** What a developer must write before the file can be used. */
  readonly needsEdit: string[] = [];
  /** The first lines of `up`: they throw before anything is changed. */
  readonly prelude: string[] = [];
  readonly #imports = new Set<string>();
  readonly #declarations: string[] = [];
  readonly #names = new Set<string>(['db', 'up', 'down', 'after', ...Object.keys(operations)]);

  /** Declares a constant of the file. @returns its name, which nothing else in the file has */
  declare(wanted: string, value: unknown, type?: 'Conversion' | 'ValidatorEdit'): Code {
    const name = this.#nameFor(wanted);
    if (type !== undefined) this.#imports.add(`type ${type}`);
    const start = `const ${name}${type === undefined ? '' : `: ${type}`} = `;
    this.#declarations.push(`${start}${literal(value, 0, start.length + 1)};`);
    return new Code(name);
  }

  /** Declares a function that throws until somebody writes it. @returns the name of its result in `up` */
  declareUnwritten(wanted: string, what: string): Code {
    const name = this.#nameFor(`make ${wanted}`);
    const result = this.#nameFor(wanted);
    this.needsEdit.push(what);
    this.prelude.push(`  const ${result} = ${name}();`);
    this.#declarations.push(`/** To be written: ${what}. */\nfunction ${name}(): unknown {\n${throwing(what, 2)}\n}`);
    return new Code(result);
  }

  /** A statement that calls an operation with these arguments. */
  call(operation: Operation, ...values: unknown[]): Statement {
    this.#imports.add(operation);
    return { operation, values, steps: [] };
  }

  /**
   * A statement that calls an operation with these arguments, and with a function of other statements as the last one.
   */
  callAround(steps: readonly Statement[], operation: Operation, wanted: string, ...values: unknown[]): Statement {
    const statement = { ...this.call(operation, ...values), steps };
    if ((print([statement])[0] ?? '').length <= WIDTH) return statement;
    return { ...statement, values: [...values.slice(0, -1), this.declare(wanted, values.at(-1), 'ValidatorEdit')] };
  }

  /** Imports an operation. @returns its name */
  use(operation: Operation): string {
    this.#imports.add(operation);
    return operation;
  }

  /** The file's text. */
  finish(comment: string, up: string, down: string): string {
    const code = [...this.#declarations, up, down].join('\n');
    const classes = ['Double', 'Long', 'ObjectId'].filter(
      (name) => code.includes(`${name}(`) || code.includes(`${name}.`),
    );
    const body = `${comment}\n${[...this.#declarations, up, down].join('\n\n')}`;
    const driver = classes.length === 0 ? 'import type { Db }' : `import { ${[...classes, 'type Db'].join(', ')} }`;
    const imports = [`${driver} from 'mongodb';`];
    if (this.#imports.size > 0) imports.push(importOf(this.#imports));
    return `${imports.join('\n')}\n\n${body}\n`;
  }

  #nameFor(wanted: string): string {
    const base = wanted
      .replaceAll(/[^A-Za-z0-9]+(?<next>[A-Za-z0-9]?)/g, (_, next: string) => next.toUpperCase())
      .replace(/^(?=\d)/, '_');
    let name = base;
    for (let number = 2; this.#names.has(name); number += 1) name = `${base}${number}`;
    this.#names.add(name);
    return name;
  }
}

/** Statements as they stand in a function; an object as a call's last argument is broken where the line is too long. */
export function print(statements: readonly Statement[], indent = 2): string[] {
  const pad = ' '.repeat(indent);
  return statements.flatMap(({ operation, values, steps }) => {
    const start = `${pad}await ${operation}(${['db', ...values.slice(0, -1).map(inline)].join(', ')}, `;
    const last = values.at(-1);
    if (steps.length > 0) return [`${start}${inline(last)}, async () => {`, ...print(steps, indent + 2), `${pad}});`];
    const line = `${start}${inline(last)});`;
    if (line.length <= WIDTH || last instanceof Code || typeof last !== 'object' || last === null) return [line];
    return [`${start}${block(last, indent)});`];
  });
}

/** Functions by their names, then types. */
function importOf(names: ReadonlySet<string>): string {
  const all = [...names].toSorted((left, right) => (order(left) < order(right) ? -1 : 1));
  const line = `import { ${all.join(', ')} } from '#migrate';`;
  return line.length <= WIDTH ? line : `import {\n${all.map((name) => `  ${name},\n`).join('')}} from '#migrate';`;
}

const order = (name: string) => (name.startsWith('type ') ? `~${name}` : name);

/** A statement that throws, for what only the developer can know. */
export function throwing(what: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const message = inline(`Write ${what}, in this migration.`);
  const line = `${pad}throw new Error(${message});`;
  return line.length <= WIDTH ? line : `${pad}throw new Error(\n${pad}  ${message},\n${pad});`;
}
