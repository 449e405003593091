/**
 * A first sketch of a drawing from distances in the graph: pivot multidimensional scaling (Brandes, Pich: "Eigensolver
 * methods for progressive multidimensional scaling of large data", Graph Drawing 2006). Distances to a few far-apart
 * pivots are double-centred; the two leading directions of what remains are x and y. From here the forces of layout.ts
 * reach a good drawing; from random places they tangle.
 */

/** x and y of each node, each scaled to a root mean square of 1. `neighbours` lists both directions of every edge. */
export function pivotMds(neighbours: readonly (readonly number[])[], pivots = 50): [Float64Array, Float64Array] {
  const nodes = neighbours.length;
  const columns: Float64Array[] = [];
  const nearest = new Float64Array(nodes).fill(nodes);
  let pivot = 0;
  for (let k = 0; k < Math.min(pivots, nodes); k++) {
    const distance = distances(neighbours, pivot);
    columns.push(distance.map((d) => d * d));
    // The next pivot is the node farthest from all so far.
    for (let v = 0; v < nodes; v++) nearest[v] = Math.min(nearest[v], distance[v]);
    pivot = nearest.indexOf(nearest.reduce((a, b) => Math.max(a, b), 0));
  }

  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const columnMean = columns.map(mean);
  const rowMean = Float64Array.from({ length: nodes }, (_, v) => mean(Float64Array.from(columns, (c) => c[v])));
  const grand = mean(rowMean);
  const centred = columns.map((column, k) => column.map((d, v) => -0.5 * (d - columnMean[k] - rowMean[v] + grand)));

  const gram = centred.map((a) => Float64Array.from(centred, (b) => dot(a, b)));
  const first = leadingVector(gram, null);
  const second = leadingVector(gram, first);
  return [project(centred, first), project(centred, second)];
}

/** Hops from `start`; nodes out of reach count as one hop farther than the farthest. */
function distances(neighbours: readonly (readonly number[])[], start: number): Float64Array {
  const distance = new Float64Array(neighbours.length).fill(-1);
  distance[start] = 0;
  const queue = [start];
  for (const v of queue) {
    for (const u of neighbours[v]) {
      if (distance[u] < 0) {
        distance[u] = distance[v] + 1;
        queue.push(u);
      }
    }
  }
  const beyond = distance[queue[queue.length - 1]] + 1;
  return distance.map((d) => (d < 0 ? beyond : d));
}

/** Power iteration on a symmetric matrix, orthogonal to `against`. */
function leadingVector(matrix: readonly Float64Array[], against: Float64Array | null): Float64Array {
  // Any start that is not orthogonal to the answer serves; an uneven one is safe.
  let vector = Float64Array.from(matrix, (_, k) => 1 + ((7 * k + (against ? 3 : 0)) % 5));
  for (let step = 0; step < 200; step++) {
    let next = Float64Array.from(matrix, (row) => dot(row, vector));
    if (against) {
      const overlap = dot(next, against);
      next = next.map((value, k) => value - overlap * against[k]);
    }
    const length = Math.sqrt(dot(next, next)) || 1;
    vector = next.map((value) => value / length);
  }
  return vector;
}

function project(columns: readonly Float64Array[], vector: Float64Array): Float64Array {
  const out = new Float64Array(columns[0].length);
  columns.forEach((column, k) => {
    for (let v = 0; v < out.length; v++) out[v] += column[v] * vector[k];
  });
  const scale = Math.sqrt(dot(out, out) / out.length) || 1;
  return out.map((value) => value / scale);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
