/** Tables for people: columns as wide as their widest cell, figures on the right. */

export interface Column<Row> {
  title: string;
  align?: 'left' | 'right';
  cell(row: Row): string;
}

/** Lines of a table: titles, a rule, the rows. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => (columns[i].align === 'left' ? text.padEnd(widths[i]) : text.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    widths.map((width) => '─'.repeat(width)).join('──'),
    ...cells.map(line),
  ];
}

/** Lines of names and what they stand for. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
