import { useEffect, useState } from 'react';
import { dropFiles } from '../state/previewActions.ts';
import { tellError } from '../state/store.ts';
import classes from './DropZone.module.css';
import { droppedFiles } from './droppedFiles.ts';

/** The whole page takes drops; while something hangs over it, it says so. */
export function DropZone() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const dragOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      // Leaving a child is entering its parent; only leaving the window has no related target.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      droppedFiles(event.dataTransfer!).then(dropFiles, tellError);
    };
    window.addEventListener('dragover', dragOver);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', dragOver);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  if (!over) return null;
  return (
    <div className={classes.over}>
      <p>
        Drop a graph: Planetoid files, a NumPy archive (.npz), a MATLAB file (.mat), JSON node-link, OGB's zip, a
        folder, or CSV/TSV of edges and nodes. Or a run that was saved as a file. It stays in this browser.
      </p>
    </div>
  );
}
