/** Terms that the page uses, each in a sentence or two that is right for a newcomer and not wrong for an expert. */
export const TERMS = {
  node: 'A thing in the graph: a paper, a package, a person. The model predicts the class of each.',
  edge: 'A link between two nodes. A graph network lets a node learn from its neighbours along the edges.',
  epoch: 'One pass over the training nodes. After each, the model is evaluated on nodes that it did not learn from.',
  accuracy:
    'Share of nodes whose class is predicted correctly. Validation nodes choose the best epoch; test nodes are only reported.',
  microF1:
    'Stands for accuracy where nodes have several labels: twice the labels that are rightly given, divided by those that are given and those that should be, all nodes and labels together.',
  loss: 'What training makes smaller: the cross-entropy between the predicted class probabilities and the true class.',
  gcn: 'Graph convolutional network (Kipf and Welling, 2017): each layer averages a node with its neighbours, then multiplies with learned weights.',
  mlp: 'Multilayer perceptron: the same layers without the graph. The difference to a graph network is what the graph is worth.',
  fullBatch:
    'The whole graph passes through the model at once, one optimiser step per epoch: exact, and takes the most memory.',
  sampled:
    'Seed nodes in batches, each with a few sampled neighbours per layer (fan-out): takes less memory, and its gradients are estimates.',
  fanOut: 'How many neighbours are sampled per node, layer by layer from the seed nodes outwards.',
  seedNode: 'A node whose class a batch learns from or is evaluated on; its sampled neighbourhood is its block.',
  slot: 'One buffer in GPU memory that several values use one after the other, because none is needed while another lives.',
  activations: 'What layers compute on the way, kept until the backward pass has used it.',
  optimizer: 'Adam keeps two running averages per weight, so it takes twice the memory of the weights.',
  peak: 'The most bytes that are held at once. Every buffer is created before the first step, so the peak is known before anything runs.',
  curveHash:
    'A hash over the exact 32-bit losses and accuracies of all epochs: two runs with the same hash are the same, bit for bit.',
  split: 'Which nodes train the model, which choose its best epoch (validation) and which only judge it (test).',
  software:
    'This adapter imitates a GPU on the processor. Everything works and nothing about its speed says anything about GPUs.',
} as const;

export type Term = keyof typeof TERMS;
