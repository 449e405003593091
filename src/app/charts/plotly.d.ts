/** What is used of plotly.js-cartesian-dist-min, which has no types of its own. */
declare module 'plotly.js-cartesian-dist-min' {
  interface Plotly {
    react(place: HTMLElement, data: readonly object[], layout: object, config: object): Promise<unknown>;
    purge(place: HTMLElement): void;
    /** With `imageDataOnly` the text of an SVG, or the bytes of a PNG in base64. */
    toImage(figure: object, options: object): Promise<string>;
  }
  const plotly: Plotly;
  export default plotly;
}
