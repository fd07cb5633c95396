import { definition } from './setting-definitions.ts';
import type { FORMATS } from './setting-formats.ts';

/** The definition of one setting, without its group. */
interface Definition {
  doc: string;
  format: keyof typeof FORMATS | ((value: unknown) => void);
  default: unknown;
  env: string;
  sensitive?: boolean;
}

/** All settings by their names, `migrations.leaseSeconds` for one in a group. */
export const definitions: ReadonlyMap<string, Definition> = new Map(
  Object.entries(definition).flatMap(([name, one]): [string, Definition][] =>
    'format' in one ? [[name, one]] : Object.entries(one).map(([inner, setting]) => [`${name}.${inner}`, setting]),
  ),
);
