import { useRef, useState } from 'preact/hooks';
import { canBeNone, noneOf, type InputProperties } from './control-properties.ts';
import { flawsOf } from './rules.ts';
import { notationOf } from './typed.ts';
import { isEqual, Unreadable } from './values.ts';

type TextElement = HTMLInputElement | HTMLTextAreaElement;

/** The control of a value that is typed. It shows what is typed as it is typed: `1.50` stays so, and is 1.5. */
export function TypedValue({ field, path, value, id, describedBy, isInvalid, isDisabled, onChange }: InputProperties) {
  const notation = notationOf(field);
  const written = value instanceof Unreadable ? value.text : notation.write(value);
  const [typed, setTyped] = useState({ text: written, value });
  const [isLong] = useState(field.kind === 'structure' || /[\r\n]/.test(written));
  const element = useRef<TextElement | null>(null);
  const shown = isEqual(typed.value, value) ? typed.text : written;

  const read = ({ value: text, validity }: TextElement): unknown => {
    if (validity.badInput) return new Unreadable(text, 'is not complete');
    const read = notation.read(text);
    if (read === undefined) return noneOf(field);
    const isAllowed = text !== '' || !canBeNone(field) || flawsOf([field], { [field.name]: '' }, false).length === 0;
    return isAllowed ? read : noneOf(field);
  };
  const onInput = (event: { currentTarget: TextElement }) => {
    const value = read(event.currentTarget);
    setTyped({ text: event.currentTarget.value, value });
    onChange(path, value);
  };
  const clear = () => {
    onChange(path, noneOf(field));
    element.current?.focus();
  };
  const isNone = value === undefined || value === null;
  const common = {
    id,
    value: shown,
    readOnly: isDisabled,
    placeholder: isNone && canBeNone(field) ? 'none' : '',
    required: field.isRequired,
    'aria-describedby': describedBy,
    'aria-invalid': isInvalid,
    autocomplete: 'off',
    onInput,
    ref: (it: TextElement | null) => void (element.current = it),
  };
  return (
    <div class="typed">
      {isLong ? (
        <textarea
          {...common}
          class={field.kind === 'structure' ? 'json' : ''}
          rows={Math.min(12, shown.split('\n').length + 1)}
          spellcheck={false}
        />
      ) : field.kind === 'time' ? (
        <input {...common} type="datetime-local" step={0.001} />
      ) : (
        <input {...common} type="text" inputMode={field.kind === 'text' ? 'text' : 'decimal'} />
      )}
      {canBeNone(field) && !isNone && (
        <button type="button" class="quiet" disabled={isDisabled} onClick={clear}>
          Clear <span class="visually-hidden">{field.label.toLowerCase()}</span>
        </button>
      )}
    </div>
  );
}
