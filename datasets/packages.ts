/**
 * A Debian package index (the file `Packages`): stanzas of `Field: value` lines, empty lines between them.
 * https://wiki.debian.org/DebianRepository/Format#A.22Packages.22_Indices and, for the relations,
 * https://www.debian.org/doc/debian-policy/ch-relationships.html
 */

export interface Package {
  readonly name: string;
  /** Without its area: `contrib/games` is `games`. */
  readonly section: string;
  /** The one-line description. */
  readonly synopsis: string;
  /** Every name in Depends and Pre-Depends, alternatives included, versions and architectures dropped. */
  readonly depends: readonly string[];
  /** The virtual packages that it stands for. */
  readonly provides: readonly string[];
}

/**
 * The packages of the index, sorted by name (by UTF-16 code unit, so that every machine agrees). A name that occurs with
 * several versions (four of 63,440 in bookworm) is kept once, as it comes first. Throws where a stanza has no Package or
 * Section field.
 */
export function parsePackages(index: string): Package[] {
  const byName = new Map<string, Package>();
  for (const stanza of index.split(/\n(?:[ \t]*\n)+/)) {
    if (stanza.trim() === '') continue;
    const fields = new Map<string, string>();
    // A line that begins with a blank continues the field above it.
    for (const line of stanza.replace(/\n[ \t]+/g, ' ').split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const name = fields.get('package');
    const section = fields.get('section');
    if (!name || !section) throw new Error(`A stanza has no Package or no Section field: ${stanza.slice(0, 80)}`);
    if (byName.has(name)) continue;
    byName.set(name, {
      name,
      section: section.slice(section.lastIndexOf('/') + 1),
      synopsis: fields.get('description') ?? '',
      depends: [...relationNames(fields.get('pre-depends')), ...relationNames(fields.get('depends'))],
      provides: relationNames(fields.get('provides')),
    });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `a (>= 1), b:any | c [amd64]` → a, b, c. */
function relationNames(relation = ''): string[] {
  return relation.split(/[,|]/).flatMap((item) => item.match(/[a-z0-9][a-z0-9+.-]*/i)?.[0] ?? []);
}

/** Undirected edges, each once, as sorted rows of the upper triangle: neighbours[v] lists ids above v, ascending. */
export type UpperTriangle = readonly (readonly number[])[];

/**
 * The dependency graph over `packages` (node v is packages[v]). A name that is a package gives one edge to it; a name
 * that only others provide gives an edge to each of them; a name that is neither (a package outside the index) none.
 */
export function dependencyEdges(packages: readonly Package[]): UpperTriangle {
  const nodeOf = new Map(packages.map(({ name }, node) => [name, node]));
  const providers = new Map<string, number[]>();
  packages.forEach(({ provides }, node) => {
    for (const name of provides) providers.set(name, [...(providers.get(name) ?? []), node]);
  });
  const neighbours = packages.map(() => new Set<number>());
  packages.forEach(({ depends }, node) => {
    for (const name of depends) {
      const real = nodeOf.get(name);
      for (const other of real === undefined ? (providers.get(name) ?? []) : [real]) {
        if (other !== node) neighbours[Math.min(node, other)].add(Math.max(node, other));
      }
    }
  });
  return neighbours.map((row) => [...row].sort((a, b) => a - b));
}
