import type { Flaw } from '../problem.ts';
import type { Field } from '../resources.ts';
import type { Path } from './values.ts';

/** What each control of a form gets. */
export interface ControlProperties {
  field: Field;
  path: Path;
  value: unknown;
  /** Those of the whole form. */
  flaws: readonly Flaw[];
  isDisabled: boolean;
  /** Said of a value that somebody else has just changed. */
  news?: string | undefined;
  onChange: (path: Path, value: unknown) => void;
}

/** What a control itself must know. */
export interface InputProperties extends Omit<ControlProperties, 'flaws' | 'news'> {
  id: string;
  /** The ids of what is said of it. */
  describedBy: string;
  isInvalid: boolean;
}

/** The value that stands for none; undefined also where a member must have one. */
export const noneOf = ({ isNullable }: Field): null | undefined => (isNullable ? null : undefined);

/** Whether a field can have no value. */
export const canBeNone = ({ isNullable, isOptional }: Field): boolean => isNullable || isOptional;
