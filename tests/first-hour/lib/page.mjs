// The code blocks of a page, and what it takes to apply them as they stand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project. */
export const root = join(import.meta.dirname, "../../..");

/**
 * @typedef {object} Block
 * @property {string} page
 * @property {number} line Where it begins.
 * @property {string} heading The one that it stands below.
 * @property {string} language
 * @property {string} text
 * @property {string} [file] What its first line names: a comment, or `+++` in a diff.
 */

/** All blocks of a page below docs/. @returns {Block[]} */
export function blocksOf(page) {
  const lines = readFileSync(join(root, "docs", page), "utf8").split("\n");
  const blocks = [];
  let heading = "";
  for (let index = 0; index < lines.length; index += 1) {
    if (/^#+ /.test(lines[index])) heading = lines[index].replace(/^#+ /, "");
    const [, indent, language] = lines[index].match(/^( *)```(\w*)/) ?? [];
    if (language === undefined) continue;
    const end = lines.findIndex((line, later) => later > index && line.trim() === "```");
    if (end < 0) throw new Error(`${page}:${index + 1}: the block does not end`);
    const body = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    const [, file] = body[0]?.match(/^(?:\/\/|#|\+\+\+) ([\w./-]*[\w-]\.[\w.-]+|\.[\w.]+)$/) ?? [];
    blocks.push({ page, line: index + 1, heading, language, text: `${body.join("\n")}\n`, file });
    index = end;
  }
  return blocks;
}

/** The lines of a diff that are there before and after, each with its sign. */
function signed({ text }) {
  const lines = text.split("\n").filter((line) => !line.startsWith("+++ ") && line !== "");
  return lines.map((line) => ({ sign: line[0], content: line.slice(1) }));
}

/**
 * What a file becomes by a diff. Its unchanged lines are found one after the other, so that a page need not
 * show what stands between them.
 */
export function patched(text, block) {
  const lines = text.split("\n");
  let place = 0;
  for (const { sign, content } of signed(block)) {
    if (sign === "+") {
      lines.splice(place, 0, content);
      place += 1;
      continue;
    }
    const found = lines.findIndex((line, index) => index >= place && line === content);
    if (found < 0 || !" -".includes(sign)) throw new Error(`${block.page}:${block.line}: ${block.file} has no line \`${content}\``);
    if (sign === "-") lines.splice(found, 1);
    place = sign === "-" ? found : found + 1;
  }
  return lines.join("\n");
}

/** Applies a block that names a file to an application. */
export function apply(block, folder, change = (text) => text) {
  const path = join(folder, block.file);
  const given = { ...block, text: change(block.text) };
  mkdirSync(dirname(path), { recursive: true });
  if (block.language === "diff") writeFileSync(path, patched(readFileSync(path, "utf8"), given));
  else if (existsSync(path)) throw new Error(`${block.page}:${block.line}: ${block.file} is there already`);
  else writeFileSync(path, given.text);
}

/** The lines that a block adds to somebody's code or takes from it. */
export function changedLines(block) {
  if (block.language === "diff") return signed(block).filter(({ sign }) => sign !== " ").length;
  return block.text.split("\n").filter((line) => line !== "" && !/^(\/\/|#) /.test(line)).length;
}
