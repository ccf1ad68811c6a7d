import { resolve } from "node:path";

// The packages of all JavaScript samples are installed one folder up; without this Next.js looks
// for a lock file in every folder above and picks one.
const root = resolve(import.meta.dirname, "..");

export default { outputFileTracingRoot: root, turbopack: { root } };
