import { canBeNone, noneOf, type InputProperties } from './control-properties.ts';

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'none';
  return typeof value === 'boolean' ? (value ? 'Yes' : 'No') : String(value);
};

/** The control of a value that is one of few: a box to tick, or a list. */
export function Choice({ field, path, value, id, describedBy, isInvalid, isDisabled, onChange }: InputProperties) {
  const common = { id, disabled: isDisabled, 'aria-describedby': describedBy, 'aria-invalid': isInvalid };
  if (typeof value === 'boolean' && !canBeNone(field))
    return (
      <input
        type="checkbox"
        {...common}
        checked={value}
        onChange={({ currentTarget }) => onChange(path, currentTarget.checked)}
      />
    );
  const possible = [...(field.schema.enum ?? [true, false])].filter((one) => one !== null);
  const isNone = value === undefined || value === null;
  const options = [
    ...(canBeNone(field) || isNone ? [noneOf(field)] : []),
    ...possible,
    ...(isNone || possible.includes(value) ? [] : [value]),
  ];
  return (
    <select
      {...common}
      value={String(isNone ? 0 : options.indexOf(value))}
      onChange={({ currentTarget }) => onChange(path, options[currentTarget.selectedIndex])}
    >
      {options.map((option, index) => (
        <option key={textOf(option)} value={String(index)}>
          {textOf(option)}
        </option>
      ))}
    </select>
  );
}
