import * as face from '../index.ts';
import { block, Code, inline, literal, WIDTH } from './literal.ts';

type Verb = keyof typeof face;

/** A call of a verb, with the statements of the function that it is given, if any. */
export interface Statement {
  verb: Verb;
  values: readonly unknown[];
  steps: readonly Statement[];
}

/** A migration's file while it is written. */
export class Draft {
  /** What a developer must write before the file can be used. */
  readonly needsEdit: string[] = [];
  /** What comes first in `up`, so that nothing is begun that cannot be ended. */
  readonly prelude: string[] = [];
  readonly #imports = new Set<string>();
  readonly #declarations: string[] = [];
  readonly #names = new Set<string>(['db', 'up', 'down', 'after', ...Object.keys(face)]);

  /** A constant of the file, with a name that nothing else has. @returns the name, to stand for the value */
  declare(wanted: string, value: unknown, type?: 'Conversion' | 'ValidatorEdit'): Code {
    const name = this.#nameFor(wanted);
    if (type !== undefined) this.#imports.add(`type ${type}`);
    const start = `const ${name}${type === undefined ? '' : `: ${type}`} = `;
    this.#declarations.push(`${start}${literal(value, 0, start.length + 1)};`);
    return new Code(name);
  }

  /** A function that throws until somebody writes it. @returns the name of its result, in `up` */
  declareUnwritten(wanted: string, what: string): Code {
    const name = this.#nameFor(`make ${wanted}`);
    const result = this.#nameFor(wanted);
    this.needsEdit.push(what);
    this.prelude.push(`  const ${result} = ${name}();`);
    this.#declarations.push(`/** To be written: ${what}. */\nfunction ${name}(): unknown {\n${throwing(what, 2)}\n}`);
    return new Code(result);
  }

  /** A statement that calls a verb. */
  call(verb: Verb, ...values: unknown[]): Statement {
    this.#imports.add(verb);
    return { verb, values, steps: [] };
  }

  /** A statement that calls a verb with a function of other statements behind its values. */
  callAround(steps: readonly Statement[], verb: Verb, wanted: string, ...values: unknown[]): Statement {
    const statement = { ...this.call(verb, ...values), steps };
    if ((print([statement])[0] ?? '').length <= WIDTH) return statement;
    return { ...statement, values: [...values.slice(0, -1), this.declare(wanted, values.at(-1), 'ValidatorEdit')] };
  }

  /** An expression that calls a function of src/migrate. */
  use(verb: Verb): string {
    this.#imports.add(verb);
    return verb;
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
  return statements.flatMap(({ verb, values, steps }) => {
    const start = `${pad}await ${verb}(${['db', ...values.slice(0, -1).map(inline)].join(', ')}, `;
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

/** A statement for what nobody can guess. */
export function throwing(what: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const message = inline(`Write ${what}, in this migration.`);
  const line = `${pad}throw new Error(${message});`;
  return line.length <= WIDTH ? line : `${pad}throw new Error(\n${pad}  ${message},\n${pad});`;
}
