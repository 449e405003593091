import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The chart of docs/performance.md: accuracy and time per epoch of `debian` against the memory of the plan.
 *   npm run bench -- budgets --data debian --set training.epochs=60 --repetitions 1 --backend cpu --json > budgets.json
 *   node scripts/budgetChart.mjs budgets.json docs/images/debian-budgets.svg
 */
const [source, target] = process.argv.slice(2);
const [{ rows }] = JSON.parse(readFileSync(source, 'utf8'));
const three = (value) => Number(value.toPrecision(3));
const points = rows
  .filter(({ figures }) => figures.plan)
  .map(({ name, figures: { plan, epoch, accuracy } }) => ({
    budget: name,
    memory: three(plan.median / 1e6),
    ms: three(epoch.median),
    accuracy: three(100 * accuracy.median),
  }));

const [WIDTH, HEIGHT, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT] = [760, 300, 56, 44, 290, 200];

/** Powers of two around the values: memory is halved from point to point. */
const range = points.map(({ memory }) => Math.log2(memory));
const [low, high] = [Math.floor(Math.min(...range) - 0.2), Math.ceil(Math.max(...range))];
const x = (memory) => (PLOT_WIDTH * (Math.log2(memory) - low)) / (high - low);

function panel(at, title, ticks, y, value, text) {
  const across = Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i));
  const line = points.map((point) => `${x(point.memory).toFixed(1)},${y(value(point)).toFixed(1)}`).join(' ');
  return [
    `<g transform="translate(${at} ${TOP})">`,
    `<text y="-20" class="title">${title}</text>`,
    ...ticks.map(
      (tick) => `<path d="M0 ${y(tick)}H${PLOT_WIDTH}"/><text x="-8" y="${y(tick) + 4}" class="end">${tick}</text>`,
    ),
    ...across.map(
      (tick) => `<path d="M${x(tick)} 0V${PLOT_HEIGHT}"/><text x="${x(tick)}" y="${PLOT_HEIGHT + 18}">${tick}</text>`,
    ),
    `<text x="${PLOT_WIDTH / 2}" y="${PLOT_HEIGHT + 38}">plan, MB</text>`,
    `<polyline points="${line}"/>`,
    ...points.map((point) => {
      const [px, py] = [x(point.memory), y(value(point))];
      return `<circle cx="${px}" cy="${py}" r="4"><title>${point.budget}: ${text(point)}</title></circle><text x="${px}" y="${py - 9}">${point.budget.replace(' batch', '')}</text>`;
    }),
    '</g>',
  ].join('\n');
}

const accuracies = points.map(({ accuracy }) => accuracy);
const [least, most] = [Math.floor(Math.min(...accuracies)) - 1, Math.ceil(Math.max(...accuracies)) + 1];
const linear = (value) => PLOT_HEIGHT * (1 - (value - least) / (most - least));
const slowest = 2 ** Math.ceil(Math.log2(Math.max(...points.map(({ ms }) => ms))));
const fastest = 2 ** Math.floor(Math.log2(Math.min(...points.map(({ ms }) => ms))));
const logarithmic = (ms) => PLOT_HEIGHT * (1 - Math.log2(ms / fastest) / Math.log2(slowest / fastest));
const doublings = Array.from({ length: Math.log2(slowest / fastest) + 1 }, (_, i) => fastest * 2 ** i);
const percents = Array.from({ length: most - least + 1 }, (_, i) => least + i);

writeFileSync(
  target,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Accuracy and time per epoch against memory">
<style>
text { font: 12px system-ui, sans-serif; fill: #5b626b; text-anchor: middle }
.title { font-weight: 600; text-anchor: start }
.end { text-anchor: end }
path { stroke: #8884; fill: none }
polyline { stroke: #3a689c; stroke-width: 2; fill: none }
circle { fill: #3a689c }
@media (prefers-color-scheme: dark) { text { fill: #a6adb6 } polyline { stroke: #6ea3dc } circle { fill: #6ea3dc } }
</style>
${panel(
  LEFT,
  'test accuracy, %',
  percents,
  linear,
  ({ accuracy }) => accuracy,
  ({ memory, accuracy }) => `${accuracy} % in ${memory} MB`,
)}
${panel(
  LEFT + PLOT_WIDTH + 90,
  'ms per epoch, evaluation included',
  doublings,
  logarithmic,
  ({ ms }) => ms,
  ({ memory, ms }) => `${ms} ms in ${memory} MB`,
)}
</svg>
`,
);
