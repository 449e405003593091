import { Button } from '@mantine/core';
import { set } from '../state/store.ts';
import classes from './LearnMenu.module.css';
import { openLesson } from './lessonActions.ts';
import { LESSONS } from './lessons.ts';

/** What the page can teach: three lessons, the tour, the keys. @param onChoose closes the menu */
export function LearnMenu({ onChoose }: { onChoose: () => void }) {
  const choose = (what: () => void) => () => {
    onChoose();
    what();
  };
  return (
    <div className={classes.menu}>
      <h3>Lessons</h3>
      <ul>
        {LESSONS.map(({ id, title, question }) => (
          <li key={id}>
            <Button size="compact-sm" variant="subtle" onClick={choose(() => openLesson(id))}>
              {title}
            </Button>
            <p>{question}</p>
          </li>
        ))}
      </ul>
      <div className={classes.rest}>
        <Button size="compact-sm" variant="default" onClick={choose(() => set({ guide: 'tour' }))}>
          Tour of one minute
        </Button>
        <Button size="compact-sm" variant="default" onClick={choose(() => set({ guide: 'keys' }))}>
          Keys
        </Button>
      </div>
    </div>
  );
}
