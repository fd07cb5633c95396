import { useMemo } from 'preact/hooks';
import { addressOf } from '../location.ts';
import type { Attribute, Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { classOfKind } from './column-head.tsx';
import { valueAt } from './order.ts';
import type { Mark, Row } from './rows.ts';

interface Properties {
  resource: Resource;
  columns: readonly Attribute[];
  row: Row;
  /** Its place in the list, from 0. */
  place: number;
}

const WORDS: Readonly<Record<Mark['kind'], string>> = {
  new: 'new',
  changed: 'changed',
  removed: 'removed',
  unmatched: 'no longer matches',
};

/** A row of the table. It is made anew only if something about it is another. */
export function TableRow({ resource, columns, row, place }: Properties) {
  return useMemo(() => {
    const { member, mark } = row;
    return (
      <tr class={mark && `marked ${mark.kind}`} aria-rowindex={place + 2}>
        {columns.map((column, index) => {
          const text = valueText(column, valueAt(member, column.name));
          if (index > 0)
            return (
              <td key={column.name} class={classOf(column, mark)} title={text}>
                {text}
              </td>
            );
          return (
            <th key={column.name} scope="row" class={classOf(column, mark)} title={text}>
              <span class="named">
                <a href={addressOf([resource.name, member.id])}>{text === '–' || text === '' ? member.id : text}</a>
                {mark && <span class="badge">{WORDS[mark.kind]}</span>}
              </span>
            </th>
          );
        })}
      </tr>
    );
  }, [resource, columns, row, place]);
}

const classOf = ({ name, kind }: Attribute, mark: Mark | undefined): string =>
  `${classOfKind(kind)} ${mark?.columns.includes(name) ? 'different' : ''}`.trim();
