import '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { lossTarget, randomMatrices, versionOf } from './input.mjs';
import { initialState } from './tfjs/adam.mjs';
import { attention } from './tfjs/attention.mjs';
import { convolution } from './tfjs/convolution.mjs';

/** The ways to write the sparse products, measured in README.md. */
export const formulations = ['gather', 'dense'];

const sentences = {
  gather: 'gathers of padded pieces of rows, batched matmuls, derivative by hand',
  dense: 'dense matmuls, derivative by hand',
};

/**
 * tfjs; for WebGPU `installShims` must have run before this module is imported.
 * @param {import('./input.mjs').PeerInput} input
 * @returns {Promise<import('./input.mjs').Peer>}
 */
export async function createPeer(input) {
  const { formulation = formulations[0], backend = 'webgpu' } = input;
  await start(backend);
  const target = tf.tensor2d(lossTarget(input), [input.nodes, input.classes]);
  const { tensors, step } = (input.model === 'gat' ? attention : convolution)(input, formulation, target);
  const state = initialState(input);

  return {
    name: `tfjs on ${backend}`,
    version: versionOf(`@tensorflow/tfjs-backend-${backend}`),
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
      await finished(backend);
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
  await start('webgpu');
  const [a, b] = randomMatrices(side).map((values) => tf.tensor2d(values, [side, side]));

  return {
    name: 'tfjs on webgpu',
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
      await finished('webgpu');
    },
    dispose() {
      tf.dispose([a, b]);
    },
  };
}

const started = new Set();

async function start(backend) {
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs does not start on ${backend}.`);
  await tf.ready();
  started.add(backend);
}

/** WebAssembly is done when it returns. */
async function finished(backend) {
  if (backend === 'webgpu') await tf.backend().device.queue.onSubmittedWorkDone();
}

/** Destroys the device, after the last peer. */
export function close() {
  if (started.has('webgpu')) tf.findBackend('webgpu').device.destroy();
}
