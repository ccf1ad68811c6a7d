// What the figures were made on, in words.
import { arch, cpus as everyCpu, release, totalmem } from "node:os";
import { version as workerdVersion } from "./workerd.mjs";
import { version as wrkVersion } from "./wrk.mjs";

/** Nothing in it tells which machine it was, only what kind. */
export function machine(cpus) {
  const list = everyCpu();
  const memory = Math.round(totalmem() / 2 ** 30);
  const place = cpus
    ? `The server under test has CPU ${cpus.server} for itself; sandbox, load generator and bench share ${
        cpus.others.length === 1 ? "the other one" : `the other ${cpus.others.length}`
      }.`
    : "It has one CPU, which all processes share.";
  return {
    hardware: `${list.length} × ${list[0].model.trim()} (${arch()}), ${memory} GiB, Linux ${release().split("-")[0]}`,
    place,
    programs: `workerd ${workerdVersion}, Node.js ${process.versions.node}, wrk ${wrkVersion()}`,
  };
}
