import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { lossTarget, randomMatrices, versionOf } from './input.mjs';
import { initialState } from './tfjs-webgpu/adam.mjs';
import { attention } from './tfjs-webgpu/attention.mjs';
import { convolution } from './tfjs-webgpu/convolution.mjs';

/** The ways to write the sparse products, measured in README.md. */
export const formulations = ['gather', 'dense'];

const sentences = {
  gather: 'gathers of padded pieces of rows, batched matmuls, derivative by hand',
  dense: 'dense matmuls, derivative by hand',
};
/**
 * tfjs on WebGPU; `installShims` must have run before this module is imported.
 * @param {import('./input.mjs').PeerInput} input
 * @returns {Promise<import('./input.mjs').Peer>}
 */
export async function createPeer(input) {
  const formulation = input.formulation ?? formulations[0];
  await start();
  const target = tf.tensor2d(lossTarget(input), [input.nodes, input.classes]);
  const { tensors, step } = (input.model === 'gat' ? attention : convolution)(input, formulation, target);
  const state = initialState(input);

  return {
    name: 'tfjs-webgpu',
    version: versionOf('@tensorflow/tfjs-backend-webgpu'),
    formulation: sentences[formulation],
    async run(steps) {
      let loss;
      for (let nth = 0; nth < steps; nth++) {
        loss?.dispose();
        loss = tf.tidy(() => step(state));
      }
      // Reading the loss submits what is pending, the update included; then wait for all of it.
      const [value] = await loss.data();
      loss.dispose();
      await tf.backend().device.queue.onSubmittedWorkDone();
      return value;
    },
    dispose() {
      tf.dispose([tensors, target, state.params, state.m, state.v]);
    },
  };
}

/**
 * C = A · B of two random square matrices of this side.
 * @param {number} side
 * @returns {Promise<import('./input.mjs').GemmPeer>}
 */
export async function createGemm(side) {
  await start();
  const [a, b] = randomMatrices(side).map((values) => tf.tensor2d(values, [side, side]));

  return {
    name: 'tfjs-webgpu',
    version: versionOf('@tensorflow/tfjs-backend-webgpu'),
    formulation: 'tf.matMul',
    async run(times) {
      let product;
      for (let nth = 0; nth < times; nth++) {
        product?.dispose();
        product = tf.matMul(a, b);
      }
      // Reading one number submits what is pending; then wait for all of it.
      const corner = tf.slice(product, [0, 0], [1, 1]);
      await corner.data();
      tf.dispose([corner, product]);
      await tf.backend().device.queue.onSubmittedWorkDone();
    },
    dispose() {
      tf.dispose([a, b]);
    },
  };
}

let started = false;

async function start() {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs found no WebGPU adapter.');
  await tf.ready();
  started = true;
}

/** Destroys the device, after the last peer. */
export function close() {
  if (started) tf.backend().device.destroy();
}
