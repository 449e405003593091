/** What is used of plotly.js-cartesian-dist-min, which has no types of its own. */
declare module 'plotly.js-cartesian-dist-min' {
  interface Plotly {
    react(place: HTMLElement, data: readonly object[], layout: object, config: object): Promise<unknown>;
    purge(place: HTMLElement): void;
  }
  const plotly: Plotly;
  export default plotly;
}
