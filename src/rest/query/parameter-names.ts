import { isDeepStrictEqual } from 'node:util';
import { refusal } from '../../schema/index.ts';
import { readAttributes } from './attributes.ts';
import { compileFilters } from './filters.ts';
import type { Operation } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';

/**
 * Makes sure that no filter has the name of another parameter. A filter by a field called `limit` would be impossible.
 * @throws {OperatorError} that names the field
 */
export function refuseParameterNames({ name, fields }: Resource, operations: readonly Operation[]): void {
  const filters = compileFilters(readAttributes(fields)).parameters;
  for (const { parameters = {}, method, path } of operations)
    for (const [parameter, schema] of Object.entries(parameters))
      if (parameter in filters && !isDeepStrictEqual(schema, filters[parameter]))
        throw refusal(
          `${name}.${parameter}`,
          `"${parameter}" is a parameter of ${method.toUpperCase()} ${path}; give the field another name`,
        );
}
