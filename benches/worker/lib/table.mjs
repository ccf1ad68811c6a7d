// Numbers and tables in Markdown.

/** A table of cells in rows. */
export function table(head, rows) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

/** A median, and how far the rounds spread. */
export const ratio = ({ median, min, max }) => `${number(median)} (${number(min)}–${number(max)})`;

/** Two decimals of a small number, none of a large one. */
export function number(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}
