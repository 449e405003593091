/** How the page judges predictions that it was told: pure functions of task/, in a chunk of their own. */
export { accuracyByDegree, type DegreeBin, degreesOfPairs } from '../task/byDegree.ts';
export { type ClassReport, classReport, confusionMatrix, judgedNodes, type Report } from '../task/confusion.ts';
export { type LabelRows, labelReport, nodesOfPart, whollyRight } from '../task/labelReport.ts';
