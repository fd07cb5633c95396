/** A table beside a plot, with the same numbers. It scrolls by itself, also by keyboard. */
export function NumbersTable({ label, heads, rows }: { label: string; heads: string[]; rows: readonly string[][] }) {
  return (
    <div class="numbers" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((head, column) => (
              <th key={head} class={column === 0 ? '' : 'number'} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <tr key={cells[0]}>
              {cells.map((cell, column) => (
                <td key={heads[column]} class={column === 0 ? '' : 'number'}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
