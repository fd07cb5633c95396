import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { partsOf } from '../resources.ts';
import { Choice } from './choice.tsx';
import { canBeNone, noneOf, type ControlProperties, type InputProperties } from './control-properties.ts';
import { TypedValue } from './typed-value.tsx';
import { zoneAt } from '../local-time.ts';
import { isObject, pointerOf } from './values.ts';

/** A field of a form: its name, its control, what is to be known of it and what is wrong with it. */
export function Control(properties: ControlProperties) {
  const { field, path, value, flaws, news } = properties;
  const { label, isRequired, schema, kind } = field;
  if (kind === 'structure' && schema.properties) return <ObjectControl {...properties} />;
  const id = `field-${path.join('-')}`;
  const pointer = pointerOf(path);
  const own = flaws.filter((flaw) => flaw.pointer === pointer || flaw.pointer?.startsWith(`${pointer}/`));
  const hints = [
    schema.description,
    kind === 'time' ? `In the time of ${zoneAt(typeof value === 'string' ? value : undefined)}` : undefined,
    kind === 'structure' ? 'As JSON' : undefined,
    news,
  ].filter((hint) => hint !== undefined);
  const input: InputProperties = { ...properties, id, describedBy: `${id}-about`, isInvalid: own.length > 0 };
  return (
    <div class={`field ${news === undefined ? '' : 'changed news'}`}>
      <div>
        <label for={id}>{label}</label>
        {isRequired && (
          <span class="quiet" aria-hidden="true">
            {' '}
            (required)
          </span>
        )}
      </div>
      {kind === 'choice' || kind === 'boolean' ? <Choice {...input} /> : <TypedValue {...input} />}
      <div id={`${id}-about`} class="about">
        {own.map((flaw) => (
          <p key={flaw.detail} class="failed">
            {label} {flaw.pointer === pointer ? '' : `(${flaw.pointer?.slice(pointer.length)}) `}
            {flaw.detail}
          </p>
        ))}
        {hints.map((hint) => (
          <p key={hint} class="quiet">
            {hint}
          </p>
        ))}
      </div>
    </div>
  );
}

/** An object: each of its fields by its own control. */
function ObjectControl({ field, path, value, flaws, isDisabled, news, onChange }: ControlProperties) {
  const parts = partsOf(field);
  const pointer = pointerOf(path);
  const own = flaws.filter((flaw) => flaw.pointer === pointer);
  const isThere = isObject(value) || !canBeNone(field);
  const name = field.label.toLowerCase();
  const fieldset = useRef<HTMLFieldSetElement>(null);
  /** The button that was pressed is gone then: the focus goes to what comes in its place. */
  const change = (value: unknown) => {
    onChange(path, value);
    requestAnimationFrame(() =>
      fieldset.current?.querySelector<HTMLElement>('input, select, textarea, button')?.focus(),
    );
  };
  const add = () => {
    const defaults = parts.flatMap((part) =>
      part.schema.default === undefined ? [] : [[part.name, part.schema.default]],
    );
    change(Object.fromEntries(defaults));
  };
  return (
    <fieldset ref={fieldset} class={`object ${news === undefined ? '' : 'changed news'}`}>
      <legend>{field.label}</legend>
      {own.map(({ detail }) => (
        <p key={detail} class="failed">
          {field.label} {detail}
        </p>
      ))}
      {news !== undefined && <p class="quiet">{news}</p>}
      {isThere &&
        parts.map((part) => (
          <Control
            key={part.name}
            field={part}
            path={[...path, part.name]}
            value={isObject(value) ? value[part.name] : undefined}
            flaws={flaws}
            isDisabled={isDisabled}
            onChange={onChange}
          />
        ))}
      {!isThere && (
        <Button isDisabled={isDisabled} onClick={add}>
          Add {name}
        </Button>
      )}
      {isThere && canBeNone(field) && (
        <Button isDisabled={isDisabled} onClick={() => change(noneOf(field))}>
          Remove {name}
        </Button>
      )}
    </fieldset>
  );
}

function Button({
  isDisabled,
  onClick,
  children,
}: {
  isDisabled: boolean;
  onClick: () => void;
  children: ComponentChildren;
}) {
  return (
    <button type="button" disabled={isDisabled} onClick={onClick}>
      {children}
    </button>
  );
}
