// Names the functions of a module so that `wasm-opt --reorder-functions-by-name` puts them in order of
// their size. Copies of one generic function, or destructors of similar types, have similar code of
// nearly the same length; next to each other they are within the 32 KB that gzip looks back.
import { read } from "./snip.mjs";

/** The bytes of a module that has no names, with names in order of the functions' lengths. */
export function nameBySize(module) {
  const { bodies, names, first } = read(module);
  if (names.size > 0) throw new Error("the functions have names already");
  const code = ({ start, end }) => module.subarray(start, end);
  // Of those of one length by their code: the compiler's own order depends on how it was called.
  const compare = (one, other) => size(one) - size(other) || Buffer.compare(code(one), code(other));
  const order = bodies.map((_, index) => index).sort((one, other) => compare(bodies[one], bodies[other]));
  const positions = new Map(order.map((index, position) => [index, position]));
  const entries = bodies.map((_, index) => [number(first + index), string(`f${100_000 + positions.get(index)}`)]);
  const functions = [number(bodies.length), ...entries.flat()];
  const section = [string("name"), [FUNCTIONS], sized(functions)];
  return Buffer.concat([module, Buffer.from([CUSTOM]), sized(section)]);
}

// How the binary format calls a section that only tools read, and in the one for names that of functions.
const CUSTOM = 0;
const FUNCTIONS = 1;

const size = ({ start, end }) => end - start;

const string = (text) => sized([Buffer.from(text)]);

function sized(parts) {
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([number(bytes.length), bytes]);
}

/** An unsigned LEB128. */
function number(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
