import * as tf from '@tensorflow/tfjs-core';
import { negativeSlope } from '../input.mjs';
import { perHead, placesOf, toBestPieces, toDense, transpose } from '../sparse.mjs';
import { adamUpdate, keepDrawer } from './adam.mjs';
import {
  featureProducts,
  inFours,
  joinPieces,
  matMulInParts,
  piecesTensors,
  placesTensor,
  rowSums,
} from './products.mjs';

/**
 * GAT: advances the state by one step, gives the loss. The derivative is written out: tfjs-core does not bring those of its ops
 * in Node, and that of a gather adds floats one by one with a compare-and-swap loop.
 */
export function attention(input, formulation, target) {
  const { nodes, heads, hidden: width, dropout } = input;
  const features = featureProducts(input, formulation);
  const inLoss = tf.sum(target, -1, true);
  const draw = keepDrawer(input);
  const attend = formulation === 'dense' ? denseAttention(input, draw) : gatheredAttention(input, draw);

  const step = (state) => {
    const { params } = state;
    const x = features.begin(draw);
    const first = scored(attend, x.forward(params.w1), params.s1, params.t1, heads);
    const activated = tf.elu(tf.add(first.out, params.b1));
    const keep = draw(nodes * width, dropout);
    const gate = (y) => (keep ? tf.mul(y, tf.reshape(keep, [nodes, width])) : y);
    const hidden = gate(activated);
    const second = scored(attend, tf.matMul(hidden, params.w2), params.s2, params.t2, 1);
    const logProbability = tf.logSoftmax(tf.add(second.out, params.b2));
    const loss = tf.neg(tf.sum(tf.mul(logProbability, target)));

    const dScores = tf.sub(tf.mul(tf.exp(logProbability), inLoss), target);
    const { dProjected: dSecond, ds: s2, dt: t2 } = second.derive(dScores);
    const dHidden = gate(tf.matMul(dSecond, params.w2, false, true));
    // Where ELU is below zero, its slope is itself plus one.
    const dBefore = tf.mul(dHidden, tf.add(tf.minimum(activated, 0), 1));
    const { dProjected: dFirst, ds: s1, dt: t1 } = first.derive(dBefore);
    const w1 = x.transposed(dFirst);
    const w2 = tf.matMul(hidden, dSecond, true);
    adamUpdate(state, { w1, s1, t1, b1: tf.sum(dBefore, 0), w2, s2, t2, b2: tf.sum(dScores, 0) }, input);
    return loss;
  };
  return { tensors: [features.tensors, attend.tensors, inLoss], step };
}

/** Attention of all heads on projected features, nodes × width, whose scores come from the vectors s and t, heads × channels. */
function scored(attend, projected, s, t, heads) {
  const [nodes, width] = projected.shape;
  const h = tf.reshape(projected, [nodes, heads, width / heads]);
  const [source, target] = [s, t].map((vector) => tf.sum(tf.mul(h, vector), 2, true));
  const { out, derive } = attend.layer(h, source, target);
  return {
    out: tf.reshape(out, [nodes, width]),
    derive(dOut) {
      const { dh, dSource, dTarget } = derive(tf.reshape(dOut, h.shape));
      const dScored = tf.add(tf.mul(dSource, s), tf.mul(dTarget, t));
      return {
        dProjected: tf.reshape(tf.add(dh, dScored), [nodes, width]),
        ds: tf.sum(tf.mul(dSource, h), 0),
        dt: tf.sum(tf.mul(dTarget, h), 0),
      };
    },
  };
}

/**
 * Softmax and weighted sum by piece, in a graph in which every head has its own nodes. What is subtracted before the exponential
 * need not be the row's maximum, only no less: the LeakyReLU rises, so that the largest score of all sources bounds each row's.
 */
function gatheredAttention({ nodes, heads, adjacency, attentionDropout }, draw) {
  const graphs = new Map([heads, 1].map((count) => [count, headGraph(nodes, adjacency, count)]));

  const layer = (h, source, target) => {
    const [, heads, channels] = h.shape;
    const { rows, columns, pieceRow, entryCount } = graphs.get(heads);
    const flat = (x) => tf.reshape(x, [nodes * heads, -1]);
    const lift = (x) => tf.expandDims(x, 1);
    // A number per node, for every piece of its row; a sum per piece, and per row.
    const ofRow = (x) => lift(tf.gather(x, pieceRow));
    const sumOf = (pieces, x) => joinPieces(pieces, tf.sum(x, 2));
    const turned = (x) => tf.mul(tf.gather(tf.reshape(x, [-1]), columns.entries), columns.weights);

    const before = tf.add(lift(tf.gather(tf.reshape(source, [-1]), rows.columns)), ofRow(flat(target)));
    const bound = tf.leakyRelu(tf.add(ofRow(flat(target)), tf.max(source)), negativeSlope);
    const raised = tf.mul(tf.exp(tf.sub(tf.leakyRelu(before, negativeSlope), bound)), rows.weights);
    const weights = tf.div(raised, ofRow(sumOf(rows, raised)));
    const drawn = draw(entryCount, attentionDropout);
    const keep = drawn && tf.gather(drawn, rows.entries);
    const dropped = (x) => (keep ? tf.mul(x, keep) : x);
    const kept = dropped(weights);

    return {
      out: inFours((x) => rowSums(rows, x, kept))(flat(h)),
      derive(dOut) {
        const dKept = matMulInParts(ofRow(flat(dOut)), tf.gather(flat(h), rows.columns), true);
        const product = tf.mul(weights, dropped(dKept));
        const dScores = tf.sub(product, tf.mul(weights, ofRow(sumOf(rows, product))));
        const dBefore = tf.mul(dScores, tf.step(before, negativeSlope));
        const perNode = (x) => tf.reshape(x, source.shape);
        return {
          dh: tf.reshape(inFours((x) => rowSums(columns, x, turned(kept)))(flat(dOut)), [nodes, heads, channels]),
          dSource: perNode(sumOf(columns, turned(dBefore))),
          dTarget: perNode(sumOf(rows, dBefore)),
        };
      },
    };
  };
  return { tensors: [...graphs.values()], layer };
}

/** Pieces of the rows, and of the columns with the place of each entry among those of the rows. */
function headGraph(nodes, adjacency, heads) {
  const csr = perHead(adjacency, nodes, heads);
  const count = nodes * heads;
  const turned = transpose(csr, count, count);
  const p = toBestPieces(csr, count);
  const placeOf = placesOf(p.entries, csr.indices.length, p.padding).indices;
  return {
    rows: piecesTensors(csr, count, (k) => k),
    columns: piecesTensors(turned, count, (k) => placeOf[turned.entry[k]]),
    pieceRow: tf.tensor1d(p.pieceRow, 'int32'),
    entryCount: csr.indices.length,
  };
}

/** Head after head: a softmax over nodes × nodes in which what is no edge counts nothing. */
function denseAttention({ nodes, adjacency, attentionDropout }, draw) {
  const present = toDense(adjacency, nodes, nodes);
  const absent = present.map((value) => (value ? 0 : -1e9));
  const tensors = { absent: tf.tensor2d(absent, [nodes, nodes]), places: placesTensor(adjacency, nodes) };

  const ofHead = (h, source, target) => {
    const before = tf.add(target, tf.transpose(source));
    const weights = tf.softmax(tf.add(tf.leakyRelu(before, negativeSlope), tensors.absent));
    // What is no edge is zero already: random numbers for the edges alone.
    const drawn = draw(adjacency.indices.length, attentionDropout);
    const keep = drawn && tf.scatterND(tensors.places, drawn, [nodes, nodes]);
    const dropped = (x) => (keep ? tf.mul(x, keep) : x);
    const kept = dropped(weights);
    return {
      out: inFours((x) => tf.matMul(kept, x))(h),
      derive(dOut) {
        const product = tf.mul(weights, dropped(tf.matMul(dOut, h, false, true)));
        const dScores = tf.sub(product, tf.mul(weights, tf.sum(product, 1, true)));
        const dBefore = tf.mul(dScores, tf.step(before, negativeSlope));
        return {
          dh: inFours((x) => tf.matMul(kept, x, true))(dOut),
          dSource: tf.reshape(tf.sum(dBefore, 0), [nodes, 1]),
          dTarget: tf.sum(dBefore, 1, true),
        };
      },
    };
  };

  const layer = (h, source, target) => {
    const heads = h.shape[1];
    const split = (x) => tf.split(x, heads, 1).map((part) => tf.squeeze(part, [1]));
    const join = (parts) => tf.stack(parts, 1);
    const [sources, targets] = [split(source), split(target)];
    const parts = split(h).map((part, head) => ofHead(part, sources[head], targets[head]));
    return {
      out: join(parts.map(({ out }) => out)),
      derive(dOut) {
        const derived = split(dOut).map((part, head) => parts[head].derive(part));
        const joined = (key) => join(derived.map((of) => of[key]));
        return { dh: joined('dh'), dSource: joined('dSource'), dTarget: joined('dTarget') };
      },
    };
  };
  return { tensors, layer };
}
