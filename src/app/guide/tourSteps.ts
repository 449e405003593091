/** A tour of one minute: what is where, in the order in which a new visitor meets it. */
export interface TourStep {
  /** CSS of the element that the step is about; a step whose element is not there is left out. */
  readonly at: string;
  readonly title: string;
  readonly text: string;
}

const region = (name: string) => `section[aria-label="${name}"]`;

export const TOUR: readonly TourStep[] = [
  {
    at: region('Dataset'),
    title: 'A graph',
    text: 'This one is here already: packages of Debian, and which depends on which. Choose another, or drop your own files anywhere on the page. They stay in this browser.',
  },
  {
    at: region('Training'),
    title: 'Train',
    text: 'One press trains a graph network on your GPU. Pause, step by single epochs, or change the learning rate while it runs.',
  },
  {
    at: region('Graph'),
    title: 'Look',
    text: 'The colours are classes, then predictions, mistakes or confidence as it learns. Click a node to see what it is, whom it hears from and what the model thinks of it.',
  },
  {
    at: `:has(> ${region('Loss chart')})`,
    title: 'Curves',
    text: 'Accuracy and loss as they are measured, epoch by epoch. Earlier runs can be drawn over them.',
  },
  {
    at: region('Memory plan'),
    title: 'Memory, before the run',
    text: 'Every buffer is known to the byte before anything starts. Move the budget down: pretend that your GPU has less, and the plan changes until it fits.',
  },
  {
    at: region('Settings'),
    title: 'Settings',
    text: 'Model, training and sampling, with a word about each. All that differs from the preset stands in the address bar, so the address is the experiment.',
  },
  {
    at: '[role="tablist"]',
    title: 'Runs and what they mean',
    text: 'Each run is kept here with its settings and its exact curve. Beside it: predictions in detail, time and memory.',
  },
  {
    at: 'button[data-tour="share"]',
    title: 'Share',
    text: 'A link carries the run, its result and a hash of its curve. Who opens it can run it again: the same device gives the same bits.',
  },
];
