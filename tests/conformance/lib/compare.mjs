// What differs between a sample and the Worker, and which of it is meant to.

// These follow when the status is another one; `checks.mjs` says what they have to be then.
const WITH_STATUS = new Set(["body", "rows", "white label", "error fields", "repeats", "type", "allow"]
  .concat(["location", "retry-after", "www-authenticate", "flags", "asked"]));

/** The facets that differ: `{facet, theirs, ours}`. */
export function differences(theirs, ours) {
  const other = theirs.status !== ours.status;
  // Whoever refuses a request asks the upstream for nothing.
  const refused = other && [theirs.pages, ours.pages].includes("none");
  return Object.keys(theirs)
    .filter((facet) => theirs[facet] !== ours[facet])
    .filter((facet) => !(other && WITH_STATUS.has(facet)) && !(refused && facet === "pages"))
    .map((facet) => ({ facet, theirs: theirs[facet], ours: ours[facet] }));
}

/**
 * Sorts the differences of all cells by the rules that explain them. A cell is a case at a sample:
 * `{id, system, found}`. Adds to each cell the numbers of its `rules` and what is `unexplained`,
 * and returns what the rules promise and no cell keeps.
 */
export function explain(cells, rules) {
  const claims = rules.flatMap((rule) => rule.claims.map((claim) => ({ rule, claim, hits: new Set() })));
  for (const cell of cells) {
    const explained = cell.found.map((difference) => {
      const fitting = claims.filter(({ claim }) => covers(claim, cell, difference));
      for (const { hits } of fitting) hits.add(`${cell.system} ${cell.id}`);
      return fitting.map(({ rule }) => rule);
    });
    cell.rules = new Set(explained.flat());
    cell.unexplained = cell.found.filter((_, index) => explained[index].length === 0);
  }
  return claims.flatMap(({ rule, claim, hits }) => stale(claim, hits, cells).map((what) => ({ rule, what })));
}

function covers(claim, { id, system }, { facet, theirs, ours }) {
  return (
    claim.facet === facet &&
    claim.systems.includes(system) &&
    claim.cases.some((pattern) => fits(pattern, id)) &&
    is(claim.theirs, theirs) &&
    is(claim.ours, ours)
  );
}

const is = (wanted, text) => (wanted instanceof RegExp ? wanted.test(text) : wanted === text);

/** `*` is every case, `name-*` all that begin so. */
function fits(pattern, id) {
  return pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : pattern === id;
}

/** A claim that names cases is about every one of them, `*` about some at each sample. */
function stale({ systems, cases, facet }, hits, cells) {
  return systems.flatMap((system) =>
    cases.flatMap((pattern) => {
      const own = cells.filter((cell) => cell.system === system && fits(pattern, cell.id));
      const missed = own.filter(({ id }) => !hits.has(`${system} ${id}`));
      if (pattern === "*" && missed.length < own.length) return [];
      if (pattern === "*" || own.length === 0) return [`${system}: ${pattern}: ${facet}`];
      return missed.map(({ id }) => `${system}: ${id}: ${facet}`);
    }),
  );
}
