// The matrix, for the terminal and for docs/conformance.md.

/** One line for each case: what the Worker answers, then what each sample does. */
export function matrix(groups, systems, records, cells) {
  const head = ["", ...systems.map(({ name }) => name)];
  const lines = [];
  for (const { title, cases } of groups) {
    lines.push([title]);
    for (const { id } of cases) {
      const columns = systems.map((system) => cell(system, id, records, cells));
      lines.push([`  ${id}`, ...columns]);
    }
  }
  const widths = head.map((name, column) =>
    Math.max(name.length, ...lines.map((line) => (line.length > 1 ? line[column].length : 0))),
  );
  const row = (line) => line.map((text, column) => text.padEnd(widths[column])).join("  ").trimEnd();
  return [head, ...lines].map(row).join("\n");
}

function cell(system, id, records, cells) {
  const record = records.get(system.name).get(id);
  if (!record) return "";
  if (!system.worker) return record.facets.status;
  const { rules, unexplained } = cells.get(`${system.name} ${id}`);
  if (unexplained.length) return `${record.facets.status} UNEXPECTED`;
  const numbers = [...rules].map(({ number }) => number).filter(Boolean);
  if (numbers.length === 0) return "same";
  return `${record.facets.status} (${numbers.sort((a, b) => a - b).join(", ")})`;
}

const NAMES = {
  worker: "Worker",
  "as-fastapi": "as FastAPI",
  "as-flask": "as Flask",
  "next-app": "App Router",
  "next-pages": "Pages Router",
  express: "Express",
  fastapi: "FastAPI",
  flask: "Flask",
};

/** docs/conformance.md. It has nothing in it that changes from one run to the next. */
export function page(groups, systems, records, cells, everywhere, differences, versions, connections) {
  const item = ({ title, why }) => `**${title}.** ${why}`;
  const table = ({ title, cases }) => {
    const head = ["Case", ...systems.map(({ name }) => NAMES[name])];
    const rows = cases.map(({ id, what }) => {
      const columns = systems.map((system) => cell(system, id, records, cells) || "–");
      return [what.replaceAll("|", "\\|"), ...columns];
    });
    const line = (columns) => `| ${columns.join(" | ")} |`;
    return [`### ${title}`, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
  };
  return `# Differences from Pica's samples

Written by \`make conformance\`. It runs the five samples in Pica's documentation as real servers with the
official SDKs, and sends them and the Worker the same requests. It compares status, headers, body, whether
a browser could read the answer, and the calls to the upstream. The upstream is the
[sandbox](../sandbox/README.md), which guesses where the real API is not public. The run fails on a
difference that is not listed here, and on a listed one that does not occur.

${versions}

## Differences everywhere

The tables below do not repeat these.

${everywhere.map((rule) => `- ${item(rule)}`).join("\n")}

## Differences in some cases

${differences.map((rule, index) => `${index + 1}. ${item(rule)}`).join("\n")}

${connections}

## Every case

Unless it says otherwise, a case is a POST from the hosted widget, by \`user-1\`, with one integration
upstream. *Worker* reads the identity from \`x-user-id\`, like the JavaScript samples; *as FastAPI* and
*as Flask* are the Worker with \`COMPATIBILITY\`, which reads it from the body. These three columns have the
Worker's status. The samples' columns say *same*, or have the sample's status and the numbers of the
differences above. *none* means no answer within ten seconds.

${groups.map(table).join("\n\n")}
`;
}
