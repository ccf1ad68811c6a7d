// Takes the code out of functions that nothing reaches, so that what only they need goes, too.
//
// `worker` brings wasm-streams, which lets JavaScript read and write streams that are made in Rust.
// Where the script has none of its classes, nobody calls what they are made of. Yet it would stay: it is
// called by way of tables, and those keep all that is in them. That is a twenty-fifth of the Worker.
// A function has one name only as long as the compiler makes no two functions one: scripts/build.sh
// tells it so.

/** Functions of the classes of wasm-streams, by their mangled names. */
export const STREAMS = /into_underlying_/;

/**
 * The bytes of a module whose functions of such names do nothing but trap, and how many those are. The
 * module still has its names.
 */
export function snip(module, pattern) {
  const bytes = Uint8Array.from(module);
  const { bodies, names, first } = read(bytes);
  let count = 0;
  bodies.forEach(({ start, end }, index) => {
    if (!pattern.test(names.get(first + index) ?? "")) return;
    // No locals, `unreachable`, then `nop` up to `end`.
    bytes.fill(0x01, start, end);
    bytes.set([0x00, 0x00], start);
    bytes[end - 1] = 0x0b;
    count += 1;
  });
  return { bytes, count };
}

/**
 * Where the bodies of a module's functions are, the names of all functions by index, and which index the
 * first has that is not imported.
 */
export function read(bytes) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  const first = imports.filter(({ kind }) => kind === "function").length;
  let at = 8;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return new TextDecoder().decode(bytes.subarray(at - length, at));
  };
  const each = (take) => {
    for (let left = number(); left > 0; left -= 1) take();
  };
  const sections = (end, take) => {
    while (at < end) {
      const id = bytes[at++];
      const next = number() + at;
      take(id, next);
      at = next;
    }
  };
  const bodies = [];
  const names = new Map();
  sections(bytes.length, (id, end) => {
    if (id === 10) {
      each(() => {
        const length = number();
        bodies.push({ start: at, end: at + length });
        at += length;
      });
    } else if (id === 0 && text() === "name") {
      sections(end, (kind) => {
        if (kind === 1) each(() => names.set(number(), text()));
      });
    }
  });
  return { bodies, names, first };
}
