/** How the page judges predictions that it was told: pure functions, in a chunk of their own. */
export { nodesOf } from '../graph/split.ts';
export { accuracyByDegree, type DegreeBin, degreesOfPairs } from '../task/byDegree.ts';
export { type ClassReport, classReport, confusionMatrix, judgedNodes, type Report } from '../task/confusion.ts';
export { type LabelRows, labelReport, whollyRight } from '../task/labelReport.ts';
