import * as jax from '@jax-js/jax';
import { lossTarget, randomMatrices, versionOf } from './input.mjs';
import { array, initialState } from './jax-js/adam.mjs';
import { attention } from './jax-js/attention.mjs';
import { convolution } from './jax-js/convolution.mjs';

const { numpy: np, tree } = jax;

/** The ways to write the sparse products, measured in README.md. */
export const formulations = ['gather', 'dense'];

const sentences = {
  gather: 'gathers of padded pieces of rows',
  dense: 'dense matmuls',
};
const derivatives = {
  gcn: 'derivative by hand',
  sage: 'derivative by hand',
  gat: 'valueAndGrad',
};

/**
 * jax-js; for WebGPU `installShims` must have run.
 * @param {import('./input.mjs').PeerInput} input
 * @returns {Promise<import('./input.mjs').Peer>}
 */
export async function createPeer(input) {
  const { formulation = formulations[0], backend = 'webgpu' } = input;
  await start(backend);
  const model = (input.model === 'gat' ? attention : convolution)(input, formulation);
  const data = { ...model.data, target: array(lossTarget(input), [input.nodes, input.classes]) };
  const step = jax.jit(model.step);
  let state = initialState(input);
  await jax.blockUntilReady({ data, state });

  return {
    name: `jax-js on ${backend}`,
    version: versionOf('@jax-js/jax'),
    formulation: `${sentences[formulation]}, ${derivatives[input.model]}, one jit`,
    async run(steps) {
      let loss;
      for (let nth = 0; nth < steps; nth++) {
        loss?.dispose();
        [state, loss] = step(state, tree.ref(data));
      }
      // Reading the loss submits what is pending, the update included; then wait for all of it.
      const [value] = await loss.data();
      await finished(backend);
      return value;
    },
    dispose() {
      tree.dispose(data);
      tree.dispose(state);
      step.dispose();
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
  const [a, b] = randomMatrices(side).map((values) => array(values, [side, side]));
  const multiply = jax.jit((x, y) => np.matmul(x, y));
  await jax.blockUntilReady([a, b]);

  return {
    name: 'jax-js on webgpu',
    version: versionOf('@jax-js/jax'),
    formulation: 'np.matmul in a jit',
    async run(times) {
      const products = Array.from({ length: times }, () => multiply(a.ref, b.ref));
      await jax.blockUntilReady(products);
      await finished('webgpu');
      for (const product of products) product.dispose();
    },
    dispose() {
      a.dispose();
      b.dispose();
      multiply.dispose();
    },
  };
}

const started = new Set();

async function start(backend) {
  if (!(await jax.init(backend)).includes(backend)) throw new Error(`jax-js does not start on ${backend}.`);
  jax.defaultDevice(backend);
  started.add(backend);
}

/** WebAssembly is done when it returns. */
async function finished(backend) {
  if (backend === 'webgpu') await jax.getWebGPUDevice().queue.onSubmittedWorkDone();
}

/** Destroys the device, after the last peer. */
export function close() {
  if (started.has('webgpu')) jax.getWebGPUDevice().destroy();
}
