/**
 * Asks for up to `ahead` answers beyond the one that is waited for, and gives them in the order of the items, whoever is
 * ready first. Where the consumer stops early, what was asked for is awaited and handed to `drop`.
 */
export async function* prefetched<Item, Answer>(
  items: readonly Item[],
  ahead: number,
  ask: (item: Item) => Promise<Answer>,
  drop: (answer: Answer) => void,
): AsyncGenerator<Answer, void> {
  const asked: Promise<Answer>[] = [];
  let next = 0;
  try {
    for (let given = 0; given < items.length; given++) {
      for (; next < items.length && next <= given + ahead; next++) {
        const answer = ask(items[next]);
        // Whoever waits for it hears of its failure; until then nobody does.
        answer.catch(() => {});
        asked.push(answer);
      }
      yield await asked.shift()!;
    }
  } finally {
    for (const rest of await Promise.allSettled(asked)) if (rest.status === 'fulfilled') drop(rest.value);
  }
}
